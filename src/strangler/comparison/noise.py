"""What differs by itself: findings from a twin or a re-ask. Nothing is hidden here: `proposals` makes rules of them
to be accepted. Where money stands, or may stand, nothing is noise: an amount that differs from itself is an alarm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from strangler.comparison.model import Difference, Kind, Location, Node, Outcome
from strangler.comparison.rules import Rules

_SPELT_AMOUNT: Final = re.compile(r"(?<![\d.,:])\d[\d.,]*[.,]\d{2,3}(?![\d.,:])", re.ASCII)


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
    if location.part == "status" or (location.part == "body" and not location.path):
        return True
    if location.part == "header":
        return any(effect.kind == "decimal" for effect in rules.fields.get(str(location.path[0]), ()))
    return at_stake(difference)


def at_stake(difference: Difference) -> bool:
    """Whether a difference is about money: an amount, a place under a `decimal` rule, a text that spells one out."""
    return difference.severity == "money" or spells_amount(difference.left) or spells_amount(difference.right)


def spells_amount(value: Node) -> bool:
    """Whether an amount is spelt out in a text, here or below."""
    if isinstance(value, dict):
        return any(spells_amount(child) for child in value.values())
    if isinstance(value, list):
        return any(spells_amount(child) for child in value)
    return isinstance(value, str) and _SPELT_AMOUNT.search(value) is not None
