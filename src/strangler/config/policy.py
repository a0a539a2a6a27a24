"""The gate's policy and the cutovers, as they stand in `strangler.yaml`. Defaults are the safe ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from strangler.config.base import Part
from strangler.config.fields import Milliseconds, Share
from strangler.config.routes import Names


class Tolerate(Part):
    """The rate of mismatches that is tolerated, and the risk of passing although it is not kept."""

    rate: Share = Decimal("0.001")
    """Epsilon."""
    alpha: Share = Decimal("0.05")
    """Spent over attempts: the j-th may use 6 alpha / (pi^2 j^2)."""
    rollback_alpha: Share = Decimal("0.05")

    @model_validator(mode="after")
    def _inside(self) -> Tolerate:
        if not 0 < self.rate < 1 or not 0 < self.alpha < 1 or not 0 < self.rollback_alpha < 1:
            raise ValueError("`rate`, `alpha` and `rollback_alpha` lie strictly between 0 and 100 %")
        return self


class Policy(Part):
    """What turns evidence into pass, blocked, insufficient or frozen."""

    tolerate: Tolerate = Tolerate()
    minimum: int = Field(default=1, ge=1)
    """Comparisons per route, at least, whatever the statistics say."""
    open_divergences: int = Field(default=0, ge=0)
    """Open divergences seen in this epoch that are tolerated."""
    failed: Share = Decimal("0.002")
    """Share of comparisons that failed for the candidate's reasons."""
    dropped: Share = Decimal("0.05")
    """Share of exchanges that were shed or lost before they were compared."""
    unsettled: Share = Decimal("0.05")
    """Share of comparisons that failed because a record moved or lagged."""
    freshness: Milliseconds = 86_400_000
    """Evidence older than this counts as none."""
    rollback_amounts: bool = True
    """One wrong amount that reached a customer rolls back without statistics."""


    def under(self, special: Policy) -> Policy:
        """This policy with what `special` says explicitly in its place."""
        update = {name: getattr(special, name) for name in special.model_fields_set}
        if "tolerate" in update:
            written = {name: getattr(special.tolerate, name) for name in special.tolerate.model_fields_set}
            update["tolerate"] = self.tolerate.model_copy(update=written)
        return self.model_copy(update=update)


class Lag(Part):
    """Where the replication lag is read: JSON behind a URL."""

    url: str
    path: str = "$.seconds"
    """An RFC 9535 JSONPath to the lag in seconds."""


class Synced(Part):
    """Replicated records: the lag is probed and must stay within a bound."""

    lag: Lag
    within: Milliseconds = 5_000


class SyncedState(Part):
    """Both sides have databases of their own, and one is fed from the other."""

    synced: Synced


State = Literal["shared", "mirrored", "read-only"] | SyncedState
"""How both sides see the same records."""


def _percent(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        return Decimal(value.strip()[:-1])
    return Decimal(str(value)) if isinstance(value, float) else value


Percent = Annotated[Decimal, BeforeValidator(_percent), Field(gt=0, le=100, decimal_places=2)]
"""A weight in percent, to two places (a basis point is the smallest step)."""


class CutoverConfig(Part):
    """A plan that moves routes together: legacy, shadow, canary (steps), candidate, retired."""

    routes: Names
    state: State | None = None
    """`shared`, `read-only` or `{synced: {lag: {url: …}, within: 5s}}`; an unsafe route enters canary only with
    `shared` or `synced`."""
    steps: tuple[Percent, ...] = Field(
        default=(Decimal(1), Decimal(5), Decimal(25), Decimal(50), Decimal(100)), min_length=1
    )
    """The canary's weights, rising."""
    pinned: tuple[str, ...] = ()
    """Customers the candidate serves from the first canary step on."""
    policy: Policy = Policy()
    """What differs from the general policy; only what is written here counts."""

    @model_validator(mode="after")
    def _rising(self) -> CutoverConfig:
        if any(later <= earlier for earlier, later in zip(self.steps, self.steps[1:], strict=False)):
            raise ValueError("`steps` rise: each is larger than the one before")
        if self.state == "mirrored":
            raise ValueError("`mirrored` needs a durable outbox, not there yet; use shared, synced or read-only")
        return self
