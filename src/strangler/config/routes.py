"""Routes, labels and redaction as they stand in `strangler.yaml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from strangler.config.base import Part
from strangler.config.fields import Milliseconds, Share
from strangler.config.rules import Rule
from strangler.routing.template import parse_template


def _template(value: str) -> str:
    parse_template(value)
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One name or several."""


class BodyNames(Part):
    """A name in the body; shell patterns allowed (`model.*.read`). Exactly one of the three."""

    json_rpc: Names | None = Field(default=None, alias="json-rpc")
    """JSON-RPC methods."""
    graphql: Names | None = None
    """GraphQL operation names."""
    soap: Names | None = None
    """Local names of the call in a SOAP body."""

    @model_validator(mode="after")
    def _one(self) -> BodyNames:
        if sum(names is not None for names in (self.json_rpc, self.graphql, self.soap)) != 1:
            raise ValueError("give exactly one of `json-rpc`, `graphql`, `soap`")
        return self


class MatchConfig(Part):
    """All that is given must hold; the most specific route wins."""

    method: Names | None = None
    path: Annotated[str, AfterValidator(_template)]
    """A template: `/invoices/{id}`, `/invoices/{id}.xml`, `/files/{rest*}`."""
    query: dict[str, str] = {}
    """Parameter to shell pattern; `"*"`: present."""
    header: dict[str, str] = {}
    body: BodyNames | None = None


class Source(Part):
    """Where a value stands: exactly one of them."""

    header: str | None = None
    cookie: str | None = None
    query: str | None = None
    path: str | None = None
    """A variable of the route's template."""

    @model_validator(mode="after")
    def _one(self) -> Source:
        if sum(name is not None for name in (self.header, self.cookie, self.query, self.path)) != 1:
            raise ValueError("give exactly one of `header`, `cookie`, `query`, `path`")
        return self

    def pair(self) -> tuple[Literal["header", "cookie", "query", "path"], str]:
        """Kind and name."""
        for kind in ("header", "cookie", "query", "path"):
            name: str | None = getattr(self, kind)
            if name is not None:
                return kind, name
        raise AssertionError("validated: one is set")


class Label(Part):
    """A stratum's label: from the request (as `Source`), or from the answer."""

    header: str | None = None
    query: str | None = None
    path: str | None = None
    answer: str | None = None
    """An RFC 9535 JSONPath into the primary's answer."""
    limit: int = Field(default=20, ge=1, le=1000)
    """Values told apart; what comes later counts as `other`."""

    @model_validator(mode="after")
    def _one(self) -> Label:
        if sum(name is not None for name in (self.header, self.query, self.path, self.answer)) != 1:
            raise ValueError("give exactly one of `header`, `query`, `path`, `answer`")
        return self


class RouteConfig(Part):
    """A named match of requests."""

    match: MatchConfig
    safe: bool = False
    """This route only reads, though its method does not say so (POST queries)."""
    identity: Source | None = None
    """The customer: what a canary is sticky by. Without it canary requests go to the owner."""
    sample: Share = Decimal(1)
    """Share of requests to capture while shadowed."""
    deadline: Milliseconds = 5_000
    """How long a canary's safe request waits for the candidate before legacy answers."""
    rules: tuple[Rule, ...] = ()
    mirror_writes: bool = False
    """Refused for now: carrying writes to both sides needs a durable outbox."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """`invoice: GET /invoices/{id}` stands for the match alone."""
        if isinstance(value, str):
            method, _, path = value.partition(" ")
            return {"match": {"method": method, "path": path.strip()}}
        return value

    @model_validator(mode="after")
    def _no_mirroring(self) -> RouteConfig:
        if self.mirror_writes:
            raise ValueError("writes cannot be mirrored yet, only safe requests are shadowed; remove it")
        return self


class Redaction(Part):
    """What never reaches the ledger. Card numbers, IBANs, authorization and cookies are always redacted."""

    fields: tuple[str, ...] = ()
    """Further places: JSONPath into bodies, or `header:NAME`."""
    key: str = "${STRANGLER_REDACTION_KEY}"
    """The key that keeps equal values equal; absent: one is made and kept in the state folder."""
