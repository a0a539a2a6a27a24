"""Routes, labels and redaction as they stand in `strangler.yaml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from strangler.config.base import ONE_OR_MORE, Part, or_text
from strangler.config.decode import Decode
from strangler.config.fields import BodyPath, Milliseconds, Place, Share
from strangler.config.numbers import Numbers
from strangler.config.places import check_field_name
from strangler.config.rules import Rule
from strangler.routing.template import parse_template


def _template(value: str) -> str:
    parse_template(value)
    return value


def _method(value: str) -> str:
    check_field_name(value)  # a method is a token too (RFC 9110 section 9.1), and tells cases apart
    if value != value.upper():
        raise ValueError(f"methods are written in capitals: {value.upper()}")
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1), ONE_OR_MORE]
"""One name or several."""

Methods = Annotated[
    tuple[Annotated[str, AfterValidator(_method)], ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    ONE_OR_MORE,
]
"""One HTTP method or several."""

HeaderName = Annotated[str, AfterValidator(check_field_name)]
"""The name of a header, in any spelling of its letters."""


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


def _from_line(value: str) -> dict[str, str]:
    method, _, path = value.strip().partition(" ")
    if not path:
        raise ValueError("in one line it is a method and a path, such as GET /invoices/{id}")
    return {"method": method, "path": path.strip()}


class MatchConfig(Part):
    """All that is given must hold; the most specific route wins. `GET /invoices/{id}` says method and path."""

    method: Methods | None = None
    """`GET`, or `[GET, HEAD]`; absent: any."""
    path: Annotated[str, AfterValidator(_template)]
    """A template: `/invoices/{id}`, `/invoices/{id}.xml`, `/files/{rest*}`."""
    query: dict[str, str] = Field(default_factory=dict[str, str])
    """Parameter to shell pattern; `"*"`: present."""
    header: dict[HeaderName, str] = Field(default_factory=dict[str, str])
    """Header to shell pattern."""
    body: BodyNames | None = None
    """A name in the body: a JSON-RPC method, a GraphQL operation, a SOAP action."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return _from_line(value) if isinstance(value, str) else value


class Source(Part):
    """Where a value stands: exactly one of them."""

    header: HeaderName | None = None
    """A header of the request."""
    cookie: str | None = None
    """A cookie."""
    query: str | None = None
    """A parameter of the query string."""
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

    header: HeaderName | None = None
    """A header of the request."""
    query: str | None = None
    """A parameter of the query string."""
    path: str | None = None
    """A variable of the route's template."""
    answer: BodyPath | None = None
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

    match: MatchConfig = Field(json_schema_extra=or_text)
    """What makes a request this route's; `GET /invoices/{id}` in place of the whole route says the same."""
    safe: bool = False
    """This route only reads, though its method does not say so (POST queries)."""
    identity: Source | None = None
    """The customer: what a canary is sticky by. Without it canary requests go to the owner."""
    sample: Share = Decimal(1)
    """Share of requests to capture while shadowed."""
    deadline: Milliseconds = 5_000
    """How long a canary's safe request waits for the candidate before legacy answers."""
    rules: tuple[Rule, ...] = ()
    """What may differ in answers of this route, beside the rules for every route."""
    decode: Decode | None = Field(default=None, json_schema_extra=or_text)
    """How answers are to be read, whatever their media type: a format, or the layout of a table."""
    numbers: Numbers | None = None
    """Where the document's number stands in its answers, if both systems draw from one sequence: it is watched for gaps
    and doubles. Answers of requests that write are then captured too, and never asked again."""
    mirror_writes: bool = False
    """Refused for now: carrying writes to both sides needs a durable outbox."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        """`invoice: GET /invoices/{id}` stands for the match alone."""
        return {"match": _from_line(value)} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_mirroring(self) -> RouteConfig:
        if self.mirror_writes:
            raise ValueError("writes cannot be mirrored yet, only safe requests are shadowed; remove it")
        return self


class Redaction(Part):
    """What never reaches the ledger. Card numbers, IBANs, authorization and cookies are always redacted."""

    fields: tuple[Place, ...] = ()
    """Further places: JSONPath into bodies, or `header:NAME`."""
    key: str = "${STRANGLER_REDACTION_KEY}"
    """The key that keeps equal values equal; absent: one is made and kept in the state folder."""
