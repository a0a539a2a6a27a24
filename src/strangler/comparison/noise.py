"""What differs by itself: findings from a twin or a re-ask, and the rules they propose. Nothing is hidden here.

A proposal becomes a rule only when a person accepts it. Where money stands, or may stand, nothing is noise: an
amount that differs from itself is an alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final

from strangler.comparison.instants import instant
from strangler.comparison.model import Difference, Kind, Location, Node, Outcome
from strangler.comparison.rules import Rules

_FEWEST: Final = 3
"""Times a place must have differed from itself before a rule is proposed."""
_HEADER: Final = re.compile(r"\$(?:\.(\w+)|\['([^']+)'\]).*", re.ASCII)
_SPELT_AMOUNT: Final = re.compile(r"(?<![\d.,:])\d[\d.,]*[.,]\d{2,3}(?![\d.,:])", re.ASCII)
_STEPS: Final = (("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600))
_WHOLE: Final = frozenset({"status", "body $"})
"""To ignore one of these is to compare nothing."""
_ROOM: Final = 10
"""A tolerance is that many times what was seen: a busy day is slower than the day it was seen on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the primary differed from itself. `location` has -1 for list positions.

    `kind` and `cause` are those of the difference between the sides. `first` and `second` are what the primary
    answered, in the clear: redact them before they are written.
    """

    location: Location
    kind: Kind
    cause: str
    first: Node
    second: Node


@dataclass(frozen=True, slots=True)
class Tally:
    """A finding with its exact counts, as the ledger keeps it: `differed` times in `asked` questions.

    `location` is `str(Finding.location)`. `first` and `second` are one example of the primary's two answers.
    """

    location: str
    asked: int
    differed: int
    first: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule as `strangler.yaml` writes it, and the numbers that speak for it."""

    rule: Mapping[str, object]
    location: str
    asked: int
    differed: int


def finding(difference: Difference, own: Difference) -> Finding:
    """The place of a difference between the sides where the primary differed from itself by `own`."""
    path = difference.location.path
    shape = difference.pattern if difference.pattern is not None else path
    if path and isinstance(path[-1], str):
        # Many missing members may share a pattern; a rule must name the one that is noise.
        shape = (*shape[:-1], path[-1])
    location = Location(difference.location.part, shape)
    return Finding(location, difference.kind, difference.cause.code, own.left, own.right)


def self_findings(primary_self: Outcome, rules: Rules) -> tuple[Finding, ...]:
    """What a twin found: `primary_self` compares the primary's answer with its second one, under the route's rules."""
    found = (finding(each, each) for each in unprotected(primary_self.differences, rules))
    return tuple({(each.location, each.kind): each for each in found}.values())


def unprotected(differences: Iterable[Difference], rules: Rules) -> Iterable[Difference]:
    """The differences that may be called noise at all."""
    return (difference for difference in differences if not protected(difference, rules))


def protected(difference: Difference, rules: Rules) -> bool:
    """Whether a place must never be called noise.

    Amounts and places under a `decimal` rule (`compare` marks both as money), the status, a body without a tree,
    and a text in which an amount is spelt out.
    """
    location = difference.location
    if (
        difference.severity == "money"
        or location.part == "status"
        or (location.part == "body" and not location.path)
    ):
        return True
    if location.part == "header":
        return any(effect.kind == "decimal" for effect in rules.fields.get(str(location.path[0]), ()))
    return _spells_amount(difference.left) or _spells_amount(difference.right)


def _spells_amount(value: Node) -> bool:
    if isinstance(value, dict):
        return any(_spells_amount(child) for child in value.values())
    if isinstance(value, list):
        return any(_spells_amount(child) for child in value)
    return isinstance(value, str) and _SPELT_AMOUNT.search(value) is not None


def propose(tallies: Iterable[Tally], *, fewest: int = _FEWEST) -> tuple[Proposal, ...]:
    """Rules for what was seen to differ by itself at least `fewest` times, the most frequent first."""
    worth = [tally for tally in tallies if tally.differed >= fewest and tally.location not in _WHOLE]
    worth.sort(key=lambda tally: (-tally.differed, tally.location))
    return tuple(Proposal(_rule(tally), tally.location, tally.asked, tally.differed) for tally in worth)


def _rule(tally: Tally) -> dict[str, object]:
    reason = f"differs from itself: {tally.differed} of {tally.asked} asked twice"
    part, _, path = tally.location.partition(" ")
    header = _HEADER.fullmatch(path) if part in {"header", "trailer"} else None
    if header is not None:
        return {"ignore": f"header:{header[1] or header[2]}", "reason": reason}
    step = _tolerance(tally)
    if step is None:
        return {"ignore": path, "reason": reason}
    return {"instant": path, "tolerance": step, "reason": reason}


def _tolerance(tally: Tally) -> str | None:
    """How far apart a clock's values may be, where the place is a clock."""
    first, second = instant(tally.first, "iso", UTC), instant(tally.second, "iso", UTC)
    if first is None or second is None:
        return None
    apart = _ROOM * abs(first - second)
    return next((step for step, seconds in _STEPS if apart <= timedelta(seconds=seconds)), None)
