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


class Learned(msgspec.Struct):
    """What is known of one route. `places`: by their JSONPath. `unfit`: places that hold no names, and why not."""

    places: dict[str, Values] = {}
    unfit: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.places or self.unfit)

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
        for digest, mark in more.marks.items():
            known = values.marks.get(digest)
            pairs = mark.pairs + (known.pairs if known else 0)
            values.marks[digest] = Mark(mark.kind, mark.cause, pairs)
        if values.distinct > NAMES:
            self.rule_out(place, "too many values")


def count(into: dict[str, int], more: Mapping[str, int]) -> None:
    """Add counts to counts."""
    for name, pairs in more.items():
        into[name] = into.get(name, 0) + pairs
