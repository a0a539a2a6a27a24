"""Rules during the walk: which of them hold at the place where the walk stands.

The patterns of all rules run as one automaton, built as walks go and kept with the rules: a `State` is the set of
patterns still alive, and stepping to a member or an item gives the next one. Where nothing can match any more the
state is None, and the walk goes on without rules; where `only` rules leave a place out it is OUTSIDE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from strangler.comparison.leaves import Accepts
from strangler.comparison.model import Node
from strangler.comparison.paths import ANY, Pattern

_REMEMBERED: Final = 4_096
"""States that are kept. Rules as people write them make dozens; only contrived ones could make more than these."""

type Outside = Literal["outside"]
OUTSIDE: Final = "outside"
type Standing = Place | Outside | None
"""Where the walk stands: a place with rules at or below it, outside of what is compared, or no rules at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Absent:
    """The value that being absent stands for. Compared by being the same one: a value may be a map."""

    value: Node


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does at a place it matches.

    `by` belongs to `unordered`, `absent` to `default`, `accepts` to rules about values.
    """

    kind: str
    digest: str
    accepts: Accepts | None = None
    by: str | None = None
    absent: Absent | None = None


def turn(effect: Effect) -> tuple[bool, str]:
    """When a rule is asked among those at one place: functions last, the others by their digests."""
    return effect.kind == "call", effect.digest


class Place(Protocol):
    """What the walk asks of where it stands."""

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What holds exactly here, in the order of `turn`."""
        ...

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the rules that hold exactly here."""
        ...

    @property
    def ignored(self) -> bool:
        """Whether two values here are not compared."""
        ...

    @property
    def chosen(self) -> bool:
        """Whether this place is compared: there is no `only`, or one covers it."""
        ...

    def member(self, name: str) -> Standing:
        """The standing at a member of the map here."""
        ...

    def item(self, left: int, right: int) -> Standing:
        """The standing at an item of the list here; -1 for a side that does not have it."""
        ...


type Thread = tuple[Pattern, Effect]
type Alive = tuple[tuple[int, int], ...]
"""Patterns that may still match, by their number, each with how many of its segments have matched."""


class Automaton:
    """The patterns of a set of rules. Its states follow from the rules: what documents hold does not make more."""

    __slots__ = ("_known", "_threads", "root")

    def __init__(self, threads: tuple[Thread, ...]) -> None:
        self._threads = threads
        self._known: dict[tuple[Alive, bool], Standing] = {}
        alive = tuple((number, 0) for number in range(len(threads)))
        narrows = any(effect.kind == "only" for _, effect in threads)
        self.root: Standing = self._standing(alive, chosen=not narrows) if threads else None

    def after(self, alive: Alive, step: str | int, *, chosen: bool) -> Standing:
        """The standing after a step; ANY is one that no pattern alive names."""
        following: dict[tuple[int, int], None] = {}
        for number, depth in alive:
            segment = self._threads[number][0][depth]
            if segment.descend:
                following[number, depth] = None
            if segment.takes(step):
                following[number, depth + 1] = None
        key = tuple(following), chosen
        if key in self._known:
            return self._known[key]
        standing = self._standing(*key)
        if len(self._known) < _REMEMBERED:
            self._known[key] = standing
        return standing

    def _standing(self, alive: Alive, chosen: bool) -> Standing:
        unfinished = tuple((n, depth) for n, depth in alive if depth < len(self._threads[n][0]))
        done = [self._threads[n][1] for n, depth in alive if depth == len(self._threads[n][0])]
        live = {self._threads[n][1].kind for n, _ in unfinished}
        effects = {effect for effect in done if effect.kind != "only"}
        chosen = chosen or any(effect.kind == "only" for effect in done)
        if not chosen and "only" not in live:
            return OUTSIDE
        if chosen and not effects and not live - {"only"}:
            return None
        named = {choice for n, depth in unfinished for choice in self._threads[n][0][depth].choices}
        ordered = tuple(sorted(effects, key=turn))
        return State(self, unfinished, frozenset(named), ordered, chosen=chosen)


class State:
    """One state of the automaton: a `Place`, alike for all places where the same patterns are alive."""

    __slots__ = ("_alive", "_automaton", "_named", "_steps", "chosen", "effects", "ignored", "kinds")

    def __init__(
        self,
        automaton: Automaton,
        alive: Alive,
        named: frozenset[str | int],
        effects: tuple[Effect, ...],
        *,
        chosen: bool,
    ) -> None:
        self._automaton, self._alive, self._named = automaton, alive, named
        self.effects = effects
        self.kinds = frozenset(effect.kind for effect in effects)
        self.ignored = "ignore" in self.kinds
        self.chosen = chosen
        self._steps: dict[str | int, Standing] = {}

    def member(self, name: str) -> Standing:
        """See `Place`."""
        return self._after(name if name in self._named else ANY)

    def item(self, left: int, right: int) -> Standing:
        """See `Place`. A rule that names a position means legacy's, where the item is there."""
        position = left if left >= 0 else right
        return self._after(position if position in self._named else ANY)

    def _after(self, step: str | int) -> Standing:
        try:
            return self._steps[step]
        except KeyError:
            found = self._steps[step] = self._automaton.after(self._alive, step, chosen=self.chosen)
            return found


@dataclass(frozen=True, slots=True)
class Both:
    """A place as each document's own automaton sees it: where filters resolved to other places on either side."""

    left: Place | None
    right: Place | None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What holds here on either side."""
        found = {*(self.left.effects if self.left else ()), *(self.right.effects if self.right else ())}
        return tuple(sorted(found, key=turn))

    @property
    def kinds(self) -> frozenset[str]:
        """See `Place`."""
        return frozenset(effect.kind for effect in self.effects)

    @property
    def ignored(self) -> bool:
        """Whether both sides ignore it: what a filter takes on one of them alone has changed so as to be taken."""
        return self.left is not None and self.right is not None and self.left.ignored and self.right.ignored

    @property
    def chosen(self) -> bool:
        """Whether either side chooses this place."""
        return self.left is None or self.right is None or self.left.chosen or self.right.chosen

    def member(self, name: str) -> Standing:
        """See `Place`."""
        return joined(_member(self.left, name), _member(self.right, name))

    def item(self, left: int, right: int) -> Standing:
        """See `Place`. Each automaton sees its own document's position."""
        return joined(_item(self.left, left), _item(self.right, right))


def joined(left: Standing, right: Standing) -> Standing:
    """Two automata at the same place, as one."""
    if left == OUTSIDE and right == OUTSIDE:
        return OUTSIDE
    if left == OUTSIDE:
        return right
    if right == OUTSIDE:
        return left
    if left is None and right is None:
        return None
    return Both(left, right)


def _member(place: Place | None, name: str) -> Standing:
    return None if place is None else place.member(name)


def _item(place: Place | None, position: int) -> Standing:
    return None if place is None else place.item(position, position)
