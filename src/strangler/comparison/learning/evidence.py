"""What many pairs of one route have shown, added up: exact counts, bounded, the same in whatever order it is added.

A place, a field or a link that there was no room for is not learned about at all: half a count could lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

PLACES: Final = 64
"""Places of a route whose values are told apart."""
NAMES: Final = 64
"""Distinct values of one place; a place with more is no closed set."""
UNFIT: Final = 1_000
"""Places that are known to hold no names. When there is no room for more, no further place is learned about."""


FIELDS: Final = 256
"""Fields that one side lacks."""
LINKS: Final = 1_000
"""Links between fields: constants make many, where one pair lacks many fields."""
MARKS: Final = 8
"""Values of a link that are told apart."""


class Mark(msgspec.Struct):
    """A divergence (by its fingerprint) that stands at a place: in so many pairs."""

    kind: str
    cause: str
    pairs: int = 1


class Values(msgspec.Struct):
    """What stood at one place. Values are named as a `map` rule names them.

    `changed`: legacy's name to the candidate's to the pairs in which they stood there together; `same`: a name to the
    pairs in which both sides said it. `pairs`: those in which anything changed here.
    """

    pairs: int = 0
    changed: dict[str, dict[str, int]] = {}
    same: dict[str, int] = {}
    marks: dict[str, Mark] = {}

    @property
    def distinct(self) -> int:
        """How many names there are, a changed one for each that it became."""
        return sum(len(names) for names in self.changed.values()) + len(
            self.same.keys() - self.changed.keys()
        )


class Lone(msgspec.Struct):
    """A field that only one side has: in how many pairs (with a value other than null), and as which divergences."""

    pairs: int = 0
    marks: dict[str, Mark] = {}


class Link(msgspec.Struct):
    """Legacy's field and the candidate's, gone there and come here with the same values: in how many pairs.

    `values`: marks of values that tell something, and the pairs in which each occurred; those that are the smallest
    as text, so that they are the same ones whatever the order.
    """

    pairs: int = 0
    values: dict[str, int] = {}


class Learned(msgspec.Struct):
    """What is known of one route.

    `places`: values by the JSONPath of where they stand. `unfit`: places that hold no names, and why not. `missing`
    and `extra`: fields that one side lacks, by JSONPath. `links`: legacy's field to the candidate's.
    """

    places: dict[str, Values] = {}
    unfit: dict[str, str] = {}
    missing: dict[str, Lone] = {}
    extra: dict[str, Lone] = {}
    links: dict[str, dict[str, Link]] = {}

    def __bool__(self) -> bool:
        return bool(self.places or self.unfit or self.missing or self.extra)

    @property
    def full(self) -> bool:
        """Whether there is no room for further places."""
        return len(self.places) >= PLACES or len(self.unfit) >= UNFIT

    def add(self, other: Learned) -> None:
        """Take over what other pairs have shown; `other` stays as it is."""
        for place, why in other.unfit.items():
            self.rule_out(place, why)
        for place, values in other.places.items():
            self._add_values(place, values)
        _add_lone(self.missing, other.missing)
        _add_lone(self.extra, other.extra)
        room = LINKS - sum(map(len, self.links.values()))
        for gone, come in other.links.items():
            for field, link in come.items():
                room -= self._add_link(gone, field, link, room=room > 0)
        if other.missing or other.extra:
            self._drop_broken()

    def _add_link(self, gone: str, field: str, more: Link, *, room: bool) -> bool:
        """Whether it is a new one."""
        fresh = field not in self.links.get(gone, {})
        if (fresh and not room) or gone not in self.missing or field not in self.extra:
            return False
        link = self.links.setdefault(gone, {}).setdefault(field, Link())
        link.pairs += more.pairs
        count(link.values, more.values)
        link.values = {mark: link.values[mark] for mark in sorted(link.values)[:MARKS]}
        return fresh

    def _drop_broken(self) -> None:
        """Forget links that a pair has broken. One that comes back is broken still: both fields have been seen more
        often than the link.
        """
        for gone, come in list(self.links.items()):
            whole = {
                field: link
                for field, link in come.items()
                if link.pairs == self.missing[gone].pairs == self.extra[field].pairs
            }
            if whole:
                self.links[gone] = whole
            else:
                del self.links[gone]

    def rule_out(self, place: str, why: str) -> None:
        """Nothing is learned about the values of this place any more; of several reasons the first by name stays."""
        self.places.pop(place, None)
        if place in self.unfit or len(self.unfit) < UNFIT:
            self.unfit[place] = min(why, self.unfit.get(place, why))

    def _add_values(self, place: str, more: Values) -> None:
        if place in self.unfit:
            return
        values = self.places.get(place)
        if values is None:
            if self.full:
                return
            values = self.places[place] = Values()
        values.pairs += more.pairs
        for legacy, names in more.changed.items():
            count(values.changed.setdefault(legacy, {}), names)
        count(values.same, more.same)
        _add_marks(values.marks, more.marks)
        if values.distinct > NAMES:
            self.rule_out(place, "too many values")


def _add_lone(into: dict[str, Lone], more: Mapping[str, Lone]) -> None:
    for field, lone in more.items():
        if field not in into and len(into) >= FIELDS:
            continue
        known = into.setdefault(field, Lone())
        known.pairs += lone.pairs
        _add_marks(known.marks, lone.marks)


def _add_marks(into: dict[str, Mark], more: Mapping[str, Mark]) -> None:
    for digest, mark in more.items():
        known = into.get(digest)
        into[digest] = Mark(mark.kind, mark.cause, mark.pairs + (known.pairs if known else 0))


def count(into: dict[str, int], more: Mapping[str, int]) -> None:
    """Add counts to counts."""
    for name, pairs in more.items():
        into[name] = into.get(name, 0) + pairs
