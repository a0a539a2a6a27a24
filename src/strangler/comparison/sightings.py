"""What many comparisons came to, as `proposals.propose` wants it. It grows with the places, not with the pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from strangler.comparison.model import Difference, Kind, Location, Node, Outcome, jsonpath
from strangler.comparison.noise import at_stake, finding
from strangler.comparison.proposals import FEWEST, Sighting
from strangler.comparison.values import canonical

_PLACES: Final = 5_000
"""Ways of differing that are told apart; a further one is not remembered."""
_EXAMPLES: Final = 32

_OPPOSITE: Final[dict[Kind, Kind]] = {"missing": "extra", "extra": "missing"}

type _Way = tuple[str, Kind, str]


@dataclass(slots=True)
class _Seen:
    differed: int = 0
    money: bool = False
    detail: str = ""
    examples: list[tuple[Node, Node]] = field(default_factory=list)


class Sightings:
    """`own`: the two answers of a comparison are one side's, so that what differs is noise.

    Several ways of differing at one place in one comparison count once each, however many items of a list show it.
    """

    def __init__(self, *, own: bool = False) -> None:
        self._own = own
        self._asked = 0
        self._seen: dict[_Way, _Seen] = {}

    def take(self, outcome: Outcome) -> None:
        """One comparison. One that failed compared nothing, and does not count."""
        if outcome.verdict == "failed":
            return
        self._asked += 1
        counted: set[_Way] = set()
        for difference in outcome.differences:
            place = self._place(difference)
            way = place or "", difference.kind, difference.cause.code
            if place is None or (way not in self._seen and len(self._seen) >= _PLACES):
                continue
            seen = self._seen.setdefault(way, _Seen(detail=difference.cause.detail))
            seen.differed += way not in counted
            counted.add(way)
            seen.money = seen.money or at_stake(difference)
            if len(seen.examples) < _EXAMPLES:
                seen.examples.append((difference.left, difference.right))

    def seen(self) -> tuple[Sighting, ...]:
        """Every way of differing, in the order in which they were seen first."""
        return tuple(
            Sighting(
                place=place,
                kind=kind,
                cause=cause,
                differed=seen.differed,
                asked=self._asked,
                examples=tuple(seen.examples),
                detail=seen.detail,
                own=self._own,
                money=seen.money,
                steady=self._own and self._steady(place, kind, seen),
            )
            for (place, kind, cause), seen in self._seen.items()
        )

    def _steady(self, place: str, kind: Kind, seen: _Seen) -> bool:
        """Of two recordings of one system: what changed in between, and not what differs each time."""
        if seen.differed < FEWEST:
            return False
        if kind in _OPPOSITE:
            return not any((at, other) == (place, _OPPOSITE[kind]) for at, other, _ in self._seen)
        lefts, rights = ([canonical(side) for side in sides] for sides in zip(*seen.examples, strict=True))
        return len(set(zip(lefts, rights, strict=True))) == 1 or (
            set(lefts).isdisjoint(rights) and (len(set(lefts)) == 1 or len(set(rights)) == 1)
        )

    def _place(self, difference: Difference) -> str | None:
        location = difference.location
        if self._own:
            return place_of(finding(difference, difference).location)
        pattern = difference.pattern if difference.pattern is not None else location.path
        return place_of(Location(location.part, pattern))


def place_of(location: Location) -> str | None:
    """A location as a rule names it; None where no rule can."""
    if location.part == "header":
        return f"header:{location.path[0]}"
    return jsonpath(location.path) if location.part == "body" else None
