"""The cutovers, as they stand in `strangler.yaml`: what moves together, by which steps, under which state."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from strangler.config.base import BRANCH, Part, or_text
from strangler.config.effects import Effects, or_none
from strangler.config.fields import BodyPath, Milliseconds
from strangler.config.policy import Policy
from strangler.config.routes import Names


class Lag(Part):
    """Where the replication lag is read: JSON behind a URL."""

    url: Annotated[str, Field(pattern="^https?://[^/]")]
    """Asked every few seconds."""
    path: BodyPath = "$.seconds"
    """An RFC 9535 JSONPath to the lag in seconds."""


class Back(Part):
    """What flows back to legacy once the candidate holds the record."""

    lag: Lag
    """Where the lag from the candidate to legacy is read."""
    within: Milliseconds = 5_000
    """The most it may be."""


class Synced(Part):
    """Replicated records: the lag is probed and must stay within a bound."""

    lag: Lag
    """Where the replication lag is read."""
    within: Milliseconds = 5_000
    """The most it may be."""
    back: Back | None = None
    """The way from the candidate to legacy: what routes that write need before the candidate holds the record."""


class SyncedState(Part):
    """Both sides have databases of their own, and one is fed from the other."""

    synced: Synced
    """The probe and its bound."""


def _state_branch(value: object) -> str | None:
    if isinstance(value, str):
        return BRANCH + "word"
    return BRANCH + "synced" if isinstance(value, dict | SyncedState) else None


State = Annotated[
    Annotated[Literal["shared", "mirrored", "read-only"], Tag(BRANCH + "word")]
    | Annotated[SyncedState, Tag(BRANCH + "synced")],
    Discriminator(
        _state_branch,
        custom_error_type="state_kind",
        custom_error_message="`state` is `shared`, `read-only` or `{synced: {lag: {url: …}}}`",
    ),
]
"""How both sides see the same records."""


def _percent(value: object) -> object:
    # A YAML float's repr is the shortest text that reads back as it, so 0.5 stays exactly 0.5.
    digits = str(value).strip().removesuffix("%").strip()
    try:
        if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
            return Decimal(digits)
    except ArithmeticError:
        pass
    raise ValueError("not a weight; write 5 or 5% (of the customers)")


Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    Field(gt=0, le=100, decimal_places=2),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                {"type": "string", "pattern": r"^\d+(\.\d\d?)?\s*%?$"},
            ]
        }
    ),
]
"""A weight in percent, to two places (a basis point is the smallest step)."""


MigrationPhase = Literal["expand", "backfill", "verify", "contract", "drop"]
"""How far a migration is; the later ones hold what the earlier ones do."""


KeptUntil = Literal["shadow", "canary", "candidate", "retired"]
"""The phase from which a cutover does without the old form."""


class Requirements(Part):
    """What goes before a cutover."""

    cutovers: Names | None = None
    """Cutovers that must be in candidate or retired."""
    migrations: dict[str, MigrationPhase] = Field(default_factory=dict)
    """Migration to the phase that it must have reached."""


def _cutovers_alone(value: object) -> object:
    return {"cutovers": value} if isinstance(value, str | list | tuple) else value


def _or_names(schema: dict[str, Any]) -> None:
    or_text(schema)
    schema["anyOf"].insert(1, {"type": "array", "items": {"type": "string"}, "minItems": 1})


class Soak(Part):
    """For how long a step is watched before the next one, by the phase it is of."""

    shadow: Milliseconds = 0
    """In shadow, before the first canary step."""
    canary: Milliseconds = 0
    """At each step of the canary."""
    candidate: Milliseconds = 0
    """With the candidate as the record, before legacy is retired."""


def _of_each(value: object) -> object:
    return dict.fromkeys(Soak.model_fields, value) if isinstance(value, str) else value


class CutoverConfig(Part):
    """A plan that moves routes together: legacy, shadow, canary (steps), candidate, retired."""

    routes: Names
    """The routes that move together; a route belongs to at most one cutover."""
    state: State | None = None
    """`shared`, `read-only` or `{synced: {lag: {url: …}, within: 5s}}`; an unsafe route enters canary only
    with `shared` or `synced`."""
    steps: tuple[Percent, ...] = Field(
        default=(Decimal(1), Decimal(5), Decimal(25), Decimal(50), Decimal(100)), min_length=1
    )
    """The canary's weights, rising."""
    pinned: tuple[str, ...] = ()
    """Customers the candidate serves from the first canary step on."""
    requires: Annotated[
        Requirements, BeforeValidator(_cutovers_alone), Field(json_schema_extra=_or_names)
    ] = Field(default_factory=Requirements)
    """What goes first: cutovers that must be complete (candidate or retired), and phases of migrations."""
    keeps: dict[str, KeptUntil] = Field(default_factory=dict)
    """Migrations whose old form it needs until it is in the phase: `strangler migrate complete` waits for that."""
    advance: Literal["manual", "automatic"] = "manual"
    """`automatic`: control takes the next step, up to `candidate`, once it has soaked and the gate passes."""
    soak: Annotated[Soak, BeforeValidator(_of_each), Field(json_schema_extra=or_text)] | None = None
    """For how long each step is watched before the next one: a duration, or one per phase. `automatic` needs it."""
    effects: Effects = Field(default=None, json_schema_extra=or_none)
    """What the two sides do by themselves (schedulers, mailers, payment runs, outbound webhooks), by name; `none`:
    there is nothing of the kind."""
    policy: Policy = Field(default_factory=Policy)
    """What differs from the general policy; only what is written here counts."""

    @model_validator(mode="after")
    def _rising(self) -> CutoverConfig:
        if any(later <= earlier for earlier, later in zip(self.steps, self.steps[1:], strict=False)):
            raise ValueError("`steps` rise: each is larger than the one before")
        if self.state == "mirrored":
            raise ValueError(
                "`mirrored` needs a durable outbox, not there yet; use shared, synced or read-only"
            )
        return self

    @model_validator(mode="after")
    def _soaked(self) -> CutoverConfig:
        if self.advance == "automatic" and not (self.soak and self.soak.shadow and self.soak.canary):
            raise ValueError(
                "`advance: automatic` needs `soak`: for how long it stays in shadow, and at each canary step"
            )
        return self
