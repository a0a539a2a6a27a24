"""Effects: what a cutover moves that is no HTTP request. Schedulers, mailers, payment runs, outbound webhooks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    model_validator,
)

from strangler.config.base import Part
from strangler.config.fields import BodyPath
from strangler.config.places import check_field_name
from strangler.config.systems import check_credential
from strangler.exchange import Side

type Mover = Literal["canary", "candidate"]


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Scalar = StrictBool | StrictInt | StrictStr | None
"""A value that a probe's answer may hold."""


class Probe(Part):
    """Where one side says whether an effect is at work there: JSON behind a URL of that side."""

    url: Annotated[str, Field(pattern="^https?://[^/]")]
    """Asked every few seconds; redirects are not followed."""
    path: BodyPath = "$.active"
    """An RFC 9535 JSONPath into its JSON answer. Where it finds several values, all of them must be quiet."""
    quiet: Annotated[tuple[Scalar, ...], BeforeValidator(_listed), Field(min_length=1)] = (False,)
    """The value that says that it is quiet, or several of them."""
    headers: dict[
        Annotated[str, AfterValidator(check_field_name)], Annotated[str, AfterValidator(check_credential)]
    ] = Field(default_factory=dict[str, str])
    """Fields to send, such as Authorization; `${NAME}` stands for an environment variable."""


class Effect(Part):
    """Something one side does by itself. It has one owner in each phase; the other side's must be quiet."""

    kind: Literal["scheduler", "mailer", "payments", "webhook"] = "scheduler"
    """What it is, for people."""
    moves: Mover | None = None
    """With which phase it becomes the candidate's: `candidate` (the default), where the record moves, or `canary`."""
    owner: Side | None = None
    """In the place of `moves`: it never moves, and is this side's throughout."""
    legacy: Probe | None = None
    """How legacy's is proven quiet. Absent: a person says so (`strangler effects acknowledge`)."""
    candidate: Probe | None = None
    """How the candidate's is proven quiet. Absent: a person says so."""

    @model_validator(mode="after")
    def _one_owner(self) -> Effect:
        if self.moves is not None and self.owner is not None:
            raise ValueError(
                "give `moves` or `owner`: what never moves has an owner, and what moves has none"
            )
        return self

    def probe(self, side: Side) -> Probe | None:
        """How that side's is proven quiet."""
        return self.legacy if side == "legacy" else self.candidate


def _none(value: object) -> object:
    return {} if value == "none" else value


def or_none(schema: dict[str, Any]) -> None:
    """To the JSON Schema of the field: `none` may stand in the place of an empty mapping."""
    schema["anyOf"] = [{"const": "none"}, *schema.get("anyOf", ())]


EffectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""The name of an effect: it appears in commands."""

Effects = Annotated[dict[EffectName, Effect] | None, BeforeValidator(_none)]
"""By name; None: nothing is said of them, empty: there are none."""
