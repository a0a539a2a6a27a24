"""What differs by itself: findings from a twin or a re-ask, and the rules they propose. Nothing is hidden here.

A finding holds no value, so it may be written as it is. A proposal becomes a rule only when a person accepts it,
and none is made for a place where money stands: an amount that differs from itself is an alarm, not noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from strangler.comparison.instants import instant
from strangler.comparison.model import Difference, Kind, Location, Outcome, jsonpath
from strangler.comparison.rules import Rules

_FEWEST: Final = 3
"""Times a place must have differed from itself before a rule is proposed."""
_STEPS: Final = ("1s", "2s", "5s", "10s", "30s", "1m", "5m", "15m", "1h")
_STEP_MS: Final = (1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000)


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the primary differed from itself. `location` has -1 for list positions.

    `apart_ms`: how far the two sides' values were apart, where both are ISO instants; None otherwise.
    """

    location: Location
    kind: Kind
    apart_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """A finding with its exact counts: `differed` times in `asked` questions; `apart_ms` is the widest seen."""

    location: Location
    asked: int
    differed: int
    apart_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule as `strangler.yaml` writes it, and the numbers that speak for it."""

    rule: Mapping[str, object]
    location: Location
    asked: int
    differed: int


def finding(difference: Difference) -> Finding:
    """The place of a difference between the two sides, as a finding."""
    location = Location(
        difference.location.part,
        difference.pattern if difference.pattern is not None else difference.location.path,
    )
    return Finding(location, difference.kind, _apart(difference))


def self_findings(primary_self: Outcome, rules: Rules) -> tuple[Finding, ...]:
    """What a twin found: `primary_self` compares the primary's answer with its second one, under the route's rules."""
    unique = {(f.location, f.kind): f for f in map(finding, unprotected(primary_self.differences, rules))}
    return tuple(unique.values())


def unprotected(differences: Iterable[Difference], rules: Rules) -> Iterable[Difference]:
    """The differences that may be called noise at all: no amounts, nothing under a `decimal` rule, no status."""
    return (d for d in differences if not protected(d, rules))


def protected(difference: Difference, rules: Rules) -> bool:
    """Whether a place must never be called noise. `compare` marks amounts and `decimal` places as money."""
    if difference.severity == "money" or difference.location.part == "status":
        return True
    return difference.location.part == "header" and any(
        effect.kind == "decimal" for effect in rules.fields.get(str(difference.location.path[0]), ())
    )


def propose(tallies: Iterable[Tally], *, fewest: int = _FEWEST) -> tuple[Proposal, ...]:
    """Rules for what was seen to differ by itself at least `fewest` times, the most frequent first."""
    worth = [tally for tally in tallies if tally.differed >= fewest]
    worth.sort(key=lambda tally: (-tally.differed, str(tally.location)))
    return tuple(Proposal(_rule(tally), tally.location, tally.asked, tally.differed) for tally in worth)


def _rule(tally: Tally) -> dict[str, object]:
    reason = f"differs from itself: {tally.differed} of {tally.asked} asked twice"
    path = tally.location.path
    if tally.location.part != "body":
        return {"ignore": f"header:{path[0]}", "reason": reason}
    step = next((text for text, ms in zip(_STEPS, _STEP_MS, strict=True) if _fits(tally.apart_ms, ms)), None)
    if step is None:
        return {"ignore": jsonpath(path), "reason": reason}
    return {"instant": jsonpath(path), "tolerance": step, "reason": reason}


def _fits(apart_ms: int | None, step_ms: int) -> bool:
    """A tolerance is twice what was seen: the next pair will be a little further apart than the widest so far."""
    return apart_ms is not None and 2 * apart_ms <= step_ms


def _apart(difference: Difference) -> int | None:
    left = instant(difference.left, "iso", UTC)
    right = instant(difference.right, "iso", UTC)
    if left is None or right is None:
        return None
    # Up to the next millisecond, so that a tolerance never falls short.
    return -int(-(abs(left - right).total_seconds() * 1000) // 1)
