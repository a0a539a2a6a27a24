"""A case before the gate, and the words in which its checks speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from strangler.eprocess import alpha_of
from strangler.evidence import Cell, Evidence, Sums
from strangler.gate.verdict import FactLike
from strangler.pace import NOTHING, Pace

if TYPE_CHECKING:
    from strangler.config.policy import Policy

type LineOf = Callable[..., int]
"""The line (from 1) of a location of strangler.yaml, as `Loaded.line_of`."""


def no_line(*_location: str | int) -> int:
    """For configuration that came from no file."""
    return 0


@dataclass(frozen=True, slots=True)
class Case:
    """Policy and evidence, the facts, the time, where the policy stands in the file, what the step waits for."""

    policy: Policy
    evidence: Evidence
    facts: Sequence[FactLike]
    now_ns: int
    line_of: LineOf
    sums: tuple[Sums, ...]
    pace: Pace = NOTHING

    def of(self, route: str) -> list[Sums]:
        """The strata of a route."""
        return [entry for entry in self.sums if entry.route == route]

    def line(self, *keys: str) -> int:
        """The line of a policy key: the cutover's own, else the general one, else the cutover."""
        own = self.line_of("cutovers", self.evidence.cutover, "policy", *keys)
        cutover = self.line_of("cutovers", self.evidence.cutover)
        if own not in (cutover, self.line_of("cutovers", self.evidence.cutover, "policy")):
            return own
        general = self.line_of("policy", *keys)
        return general if general > 1 else cutover

    def lasting(self, more: int | None, *entries: Sums) -> str:
        """`; at today's rate 3 h 10 min`, for so many further comparisons of these; empty where nothing comes."""
        wanted = {(entry.route, entry.stratum) for entry in entries}
        found = [inflow for inflow in self.evidence.inflows if (inflow.route, inflow.stratum) in wanted]
        n, span = sum(inflow.n for inflow in found), max((inflow.span_ns for inflow in found), default=0)
        return f"; at today's rate {lasting(more * span // n)}" if more and n else ""

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        return max(1, self.evidence.attempt)

    @property
    def alpha(self) -> float:
        """What this attempt may risk."""
        return alpha_of(self.attempt, float(self.policy.tolerate.alpha))

    def rollback_alpha(self, order: int) -> float:
        """What the stratum found as number `order` (from 0) may risk of a false rollback, for either of two
        tests.
        """
        return alpha_of(order + 1, float(self.policy.tolerate.rollback_alpha) / 2)


def named(entry: Sums | Cell) -> str:
    """A route and its stratum, for a sentence."""
    return f"`{entry.route}`" + (f" ({entry.stratum})" if entry.stratum else "")


def count(number: int | None) -> str:
    """A number of comparisons, as `needed` gives it."""
    return "more than a billion" if number is None else f"{number:,}"


def percent(share: Decimal) -> str:
    """`0.1 %`."""
    return f"{(share * 100).quantize(Decimal('0.0001')).normalize():f} %"


def lasting(nanoseconds: int) -> str:
    """`less than a minute`, `12 min`, `3 h 10 min`, `4 d 2 h`."""
    minutes = nanoseconds // 60_000_000_000
    if minutes < 1:
        return "less than a minute"
    days, hours, rest = minutes // 1_440, minutes // 60 % 24, minutes % 60
    parts = ((days, "d"), (hours, "h"), (rest, "min"))
    first = next(position for position, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)


def utc(at_ns: int) -> str:
    """`2026-01-31 18:05 UTC`, rounded up to the minute."""
    return f"{datetime.fromtimestamp(-(-at_ns // 60_000_000_000) * 60, UTC):%Y-%m-%d %H:%M} UTC"


def since(at_ns: int, now_ns: int) -> str:
    """`3 h ago`; `at a time that is 3 h ahead of this clock`."""
    passed = now_ns - at_ns
    return (
        f"{duration(passed)} ago"
        if passed >= 0
        else f"at a time that is {duration(-passed)} ahead of this clock"
    )


def old(at_ns: int, now_ns: int) -> str:
    """`3 h old`; `dated 3 h ahead of this clock`."""
    age = now_ns - at_ns
    return f"{duration(age)} old" if age >= 0 else f"dated {duration(-age)} ahead of this clock"


def duration(nanoseconds: int) -> str:
    """`250 ms`, `4.0 s`, `15 min`, `3 h`, `2 d`."""
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1e6:.0f} ms"
    seconds = nanoseconds / 1e9
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"
