"""Rules that what was seen speaks for, with the numbers. Pure: the same for a ledger's counts and for pairs in a file.

What differs by itself (two answers of one side) is noise: its form is proposed to be what counts, a tolerance where it
is a clock, and only what has no form, or comes and goes, to be ignored. What differs between the sides gets the rule
that its cause names, and only that: a rule which says no more than that these two are the same. A proposal becomes a
rule when a person accepts it.

Money is never hidden. Where an amount or its currency stands or may stand, and at and above every place under a
`decimal` rule, nothing is proposed; but for two rules that let no other amount pass: numbers in other digits (`10.0`,
`10.00`) may become a `decimal` without scale or tolerance, which compares them exactly, and what differs by itself a
`pattern` of a form which no amount has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from strangler.comparison.amounts import is_currency_name, named_like_money
from strangler.comparison.fitting import Written, fitting, lets_pass
from strangler.comparison.model import Kind, Node
from strangler.comparison.moves import parsed
from strangler.comparison.noise import spells_amount
from strangler.comparison.overlap import lies_under, meets
from strangler.comparison.paths import ANY, Segment, widened
from strangler.comparison.rules import Rules
from strangler.comparison.values import number_in

FEWEST: Final = 3
"""Times that something must have been seen before a rule is proposed."""
_NO_RULES: Final = Rules()
_LONE: Final = frozenset({"missing", "extra"})
_WORDS: Final = {
    "order": "the same in another order",
    "scale": "the same number in other digits",
    "whitespace": "the same but for white space",
    "case": "the same but for upper and lower case",
    "unicode": "the same in another Unicode form",
    "date-format": "the same moment in another format",
    "time-zone": "the same moment under another offset",
    "id": "other ids",
    "enum-renamed": "the same values under other names",
    "field-renamed": "the same field under another name",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One way in which two answers differed at one place: `differed` times in `asked` comparisons.

    `place` is a rule's word for it: a JSONPath with [*] for list positions, or `header:NAME`. `own`: both answers
    were one side's, so that this is noise; else legacy's and the candidate's. `money`: money is, or may be, at stake.
    `examples` are values that stood there, few of them; `marks` are what the caller calls it by. `steady`: it was the
    same every time, from the same to the same, or never the other way round: a change, and no noise. `learned`:
    the rule that many pairs speak for.
    """

    place: str
    kind: Kind
    cause: str
    differed: int
    asked: int
    examples: tuple[tuple[Node, Node], ...] = ()
    detail: str = ""
    own: bool = False
    money: bool = False
    marks: tuple[str, ...] = ()
    steady: bool = False
    learned: Written | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule, and what speaks for it. `causes` and `kinds` are those of the differences it lets pass; the cause of what
    differs by itself is `noise`.
    """

    rule: Written
    kind: str
    place: str
    asked: int
    differed: int
    causes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    examples: tuple[tuple[Node, Node], ...] = ()
    marks: tuple[str, ...] = ()


def propose(
    seen: Iterable[Sighting], rules: Rules = _NO_RULES, *, fewest: int = FEWEST
) -> tuple[Proposal, ...]:
    """Rules for what was seen at least `fewest` times, the most frequent first; one per kind and place.

    `rules` are those in force: their `decimal` rules say where money stands, as sightings of money do.
    """
    seen = tuple(seen)
    exact = [where for rule in rules.compiled if rule.kind == "decimal" for where in rule.locations]
    watched = _Watched((*exact, *(each.place for each in seen if each.money)))
    found: dict[tuple[str, str], Proposal] = {}
    for sighting in seen:
        written = fitting(sighting) if sighting.differed >= fewest else None
        if written is not None and not _hides_money(written, sighting, watched):
            one = _proposal(sighting, written)
            key = one.kind, one.place
            found[key] = _together(found[key], one) if key in found else one
    ignored = {place for kind, place in found if kind == "ignore"}
    worth = [each for each in found.values() if each.kind == "ignore" or each.place not in ignored]
    worth.sort(key=lambda each: (-each.differed, each.place, each.kind))
    return tuple(replace(each, rule={**each.rule, "reason": _reason(each)}) for each in worth)


def _proposal(sighting: Sighting, written: Written) -> Proposal:
    return Proposal(
        rule=written,
        kind=next(iter(written)),
        place=sighting.place,
        asked=sighting.asked,
        differed=sighting.differed,
        causes=("noise" if sighting.own else sighting.cause,),
        kinds=(sighting.kind,),
        examples=sighting.examples,
        marks=sighting.marks,
    )


def _together(one: Proposal, other: Proposal) -> Proposal:
    """One rule for two ways of differing at one place; where no one rule lets both pass, that of the more frequent."""
    examples = (*one.examples, *other.examples)
    both = ({**one.rule, **other.rule}, {**other.rule, **one.rule})
    rule = next((each for each in both if lets_pass(each, examples)), None)
    if rule is None:
        return max(one, other, key=lambda each: each.differed)
    asked = max(one.asked, other.asked)
    return replace(
        one,
        rule=rule,
        asked=asked,
        differed=min(asked, one.differed + other.differed),
        causes=tuple(dict.fromkeys((*one.causes, *other.causes))),
        kinds=tuple(dict.fromkeys((*one.kinds, *other.kinds))),
        examples=examples,
        marks=(*one.marks, *other.marks),
    )


def _reason(proposal: Proposal) -> str:
    if proposal.causes == ("noise",):
        if _LONE.issuperset(proposal.kinds):
            return f"comes and goes by itself: {proposal.differed} of {proposal.asked} asked twice"
        return f"differs from itself: {proposal.differed} of {proposal.asked} asked twice"
    words = ", ".join(_WORDS.get(cause, cause) for cause in proposal.causes if cause != "noise")
    return f"{words}: {proposal.differed} of {proposal.asked} compared"


class _Watched:
    """Places where money stands."""

    def __init__(self, places: Iterable[str]) -> None:
        unique = dict.fromkeys(places)
        self._fields = {place.lower() for place in unique if place.lower().startswith("header:")}
        self._paths = [parsed(place) for place in unique if place.startswith("$")]

    def holds(self, place: str) -> bool:
        """Whether money stands at this place, or anywhere under it."""
        if not place.startswith("$"):
            return place.lower() in self._fields
        here = parsed(place)
        return any(lies_under(path, here) for path in self._paths)

    def holds_items(self, place: str) -> bool:
        """Whether the list at this place is one of amounts."""
        here = widened(parsed(place))
        items = (*here, Segment((ANY,)))
        return any(meets(path, here) or meets(path, items) for path in self._paths)


def _hides_money(rule: Written, sighting: Sighting, watched: _Watched) -> bool:
    kind = next(iter(rule))
    if kind == "rename":
        return False  # what it moves is compared all the same
    if kind == "decimal":
        return sighting.own and sighting.money
    if sighting.money or any(spells_amount(value) for example in sighting.examples for value in example):
        return True
    if kind == "pattern" and not _numeric(sighting):
        return False
    name = _last_name(sighting.place)
    if kind == "unordered":
        # Its items are compared all the same; but in a list of amounts the position may say which is which.
        return named_like_money(name) or watched.holds_items(sighting.place)
    return is_currency_name(name) or _may_be_amount(name, sighting) or watched.holds(sighting.place)


def _numeric(sighting: Sighting) -> bool:
    return any(number_in(value) is not None for example in sighting.examples for value in example)


def _may_be_amount(name: str, sighting: Sighting) -> bool:
    """Whether the name speaks of money and no value seen there says that it is something else."""
    seen = [value for example in sighting.examples for value in example]
    told = any(isinstance(value, dict | list | str) and number_in(value) is None for value in seen)
    return named_like_money(name) and not told


def _last_name(place: str) -> str:
    if not place.startswith("$"):
        return place.partition(":")[2]
    names = [choice for segment in widened(parsed(place)) for choice in segment.choices]
    return next((name for name in reversed(names) if isinstance(name, str)), "")
