"""The gate's policy, as it stands in `strangler.yaml`. Defaults are the safe ones."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from strangler.config.base import BRANCH, Part
from strangler.config.fields import Milliseconds, Share
from strangler.config.freeze import FreezeWindow

if TYPE_CHECKING:
    from strangler.comparison.model import Severity

People = Annotated[int, Field(ge=0, le=20)]
"""How many of them."""


def _or_number(schema: dict[str, Any]) -> None:
    """To the JSON Schema of a field: a mapping, or one number that stands for all its keys."""
    mapping = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "integer", "minimum": 0, "maximum": 20}, *mapping]


class Tolerate(Part):
    """The rate of mismatches that is tolerated, and the risk of passing although it is not kept."""

    rate: Share = Decimal("0.001")
    """Epsilon."""
    alpha: Share = Decimal("0.05")
    """Spent over attempts: the j-th may use 6 alpha / (pi^2 j^2)."""
    rollback_alpha: Share = Decimal("0.05")
    """The risk of rolling back although the rate is kept."""

    @model_validator(mode="after")
    def _inside(self) -> Tolerate:
        if not 0 < self.rate < 1 or not 0 < self.alpha < 1 or not 0 < self.rollback_alpha < 1:
            raise ValueError("`rate`, `alpha` and `rollback_alpha` lie strictly between 0 and 100 %")
        return self


class Latency(Part):
    """How much slower the candidate may be, by the duration that 99 of 100 answers do not exceed."""

    ratio: Annotated[Decimal, Field(ge=1, le=1000)] = Decimal(3)
    """So many times legacy's."""
    floor: Milliseconds = 500
    """What is faster than this is fast enough, whatever legacy does."""


class Coverage(Part):
    """What production asks has to be compared in each epoch: every stratum, class of status and shape of path."""

    seen: int = Field(default=5, ge=0)
    """Seen so many times, in whatever epoch; 0 asks for nothing."""
    within: Milliseconds = 35 * 86_400_000
    """And the last time within this: a billing cycle, and some days."""


class Approvals(Part):
    """How many people have to agree to a step, other than who asks for it, by the phase it leads into."""

    canary: People = 0
    """To each step of the canary."""
    candidate: People = 0
    """To making the candidate the record."""
    retired: People = 0
    """To asking legacy nothing any more."""


def _of_each(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return dict.fromkeys(Approvals.model_fields, value)
    return value


class BySeverity(Part):
    """How many divergences of each severity are tolerated."""

    money: int = Field(default=0, ge=0)
    """Of amounts."""
    major: int = Field(default=0, ge=0)
    """Of what a client relies on."""
    minor: int = Field(default=0, ge=0)
    """Of what few clients look at."""
    info: int = Field(default=0, ge=0)
    """Of what is only told."""


def _divergences_branch(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return BRANCH + "number"
    return BRANCH + "severity" if isinstance(value, dict | BySeverity) else None


Divergences = Annotated[
    Annotated[int, Field(ge=0), Tag(BRANCH + "number")] | Annotated[BySeverity, Tag(BRANCH + "severity")],
    Discriminator(
        _divergences_branch,
        custom_error_type="divergences_kind",
        custom_error_message="`open_divergences` is a number, or `{money: 0, major: 0, minor: 3, info: 10}`",
    ),
]
"""How many open divergences are tolerated: all together, or by severity."""


def _amount(value: object) -> object:
    # A YAML float's repr is the shortest text that reads back as it, so 0.05 stays exactly 0.05.
    try:
        if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
            amount = Decimal(str(value).strip())
            if amount.is_finite() and amount >= 0:
                return amount
    except ArithmeticError:
        pass
    raise ValueError("not an amount; write 0, 0.05 or 12.50")


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}
    ),
]
"""An amount of money, exact, in the currency's own unit."""


class Policy(Part):
    """What turns evidence into pass, blocked, insufficient or frozen."""

    tolerate: Tolerate = Field(default_factory=Tolerate)
    """The tolerated rate of mismatches, and the risks taken in judging it."""
    minimum: int = Field(default=1, ge=1)
    """Comparisons per route, at least, whatever the statistics say."""
    stratum_minimum: int = Field(default=1, ge=1)
    """The same per stratum of a route that was seen in this epoch."""
    open_divergences: Divergences = 0
    """Open divergences seen in this epoch that are tolerated: a number, or one per severity (0 where not said)."""
    drift: dict[str, Amount] = Field(default_factory=dict)
    """Currency to how far the candidate's amounts may be from legacy's, net over all divergences; 0 where not said."""
    failed: Share = Decimal("0.002")
    """Share of comparisons that failed for the candidate's reasons."""
    errors: Share = Decimal(0)
    """How much larger the candidate's share of 5xx answers may be than legacy's; only what is certain counts."""
    legacy_failed: Share = Decimal("0.01")
    """Share of questions that legacy, asked after the candidate, may have left without a comparable answer lately: a
    rollback leads to it."""
    dropped: Share = Decimal("0.05")
    """Share of exchanges that were shed or lost before they were compared."""
    unsettled: Share = Decimal("0.05")
    """Share of comparisons that failed because a record moved or lagged."""
    freshness: Milliseconds = 86_400_000
    """Evidence older than this counts as none."""
    latency: Latency = Field(default_factory=Latency)
    """How slow the candidate may be; only what is certain counts."""
    coverage: Coverage = Field(default_factory=Coverage)
    """What production asks and has to be compared."""
    census: bool = False
    """A stratum too rare for statistics passes where its last full cycle was replayed whole without a mismatch."""
    sample_ratio: Share = Decimal("0.001")
    """The risk, per canary step, of blocking although customers are split as the weight says; 0 takes no such risk."""
    acknowledged: Milliseconds = 86_400_000
    """How long a person's word counts that an effect is quiet."""
    rollback_amounts: bool = True
    """One wrong amount that reached a customer rolls back without statistics."""
    approvals: Annotated[Approvals, BeforeValidator(_of_each), Field(json_schema_extra=_or_number)] = Field(
        default_factory=Approvals
    )
    """How many people have to agree to a step, other than who asks for it: a number, or one per phase it leads into."""
    approvals_expire: Annotated[Milliseconds, Field(gt=0)] = 86_400_000
    """For how long an approval holds."""
    freeze: tuple[FreezeWindow, ...] = ()
    """When nothing advances; a rollback is always permitted. A cutover's own windows come on top."""

    def allowed(self, severity: Severity) -> int | None:
        """Open divergences of a severity that are tolerated; None where the limit is one for all of them."""
        limit = self.open_divergences
        return None if isinstance(limit, int) else int(getattr(limit, severity))

    @property
    def allowed_words(self) -> str:
        """How many divergences are tolerated: `0 divergences`, `0 money, 0 major, 3 minor and 10 info divergences`."""
        limit = self.open_divergences
        if isinstance(limit, int):
            return f"{limit} divergences"
        return (
            f"{limit.money} money, {limit.major} major, {limit.minor} minor and {limit.info} info divergences"
        )

    def under(self, special: Policy) -> Policy:
        """This policy with what `special` says explicitly in its place."""
        update = {name: getattr(special, name) for name in special.model_fields_set}
        for name in update.keys() & {"tolerate", "latency", "coverage", "approvals"}:
            part: Part = update[name]
            written = {key: getattr(part, key) for key in part.model_fields_set}
            update[name] = getattr(self, name).model_copy(update=written)
        if "freeze" in update:
            # On top, not in place: month's end is frozen for a cutover with a window of its own as well.
            update["freeze"] = (*self.freeze, *special.freeze)
        return self.model_copy(update=update)
