"""Rules during the walk: which of them hold at the place where the walk stands.

The patterns of all rules run as one automaton, built as the walk goes: a `State` is the set of patterns still
alive, and stepping to a member or an item gives the next one, remembered. Where nothing can match any more the
state is None, and the walk goes on without rules; where `only` rules leave a place out it is OUTSIDE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from strangler.comparison.leaves import Accepts
from strangler.comparison.paths import ANY, Pattern

_REMEMBERED: Final = 4_096

type Outside = Literal["outside"]
OUTSIDE: Final = "outside"
type Standing = Place | Outside | None
"""Where the walk stands: a place with rules at or below it, outside of what is compared, or no rules at all."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does at a place it matches. `by` belongs to `unordered`; `accepts` to rules about values."""

    kind: str
    digest: str
    accepts: Accepts | None = None
    by: str | None = None


class Place(Protocol):
    """What the walk asks of where it stands."""

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What holds exactly here, in the order of the rules' digests."""
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


type Thread = tuple[Pattern, int, Effect]


class State:
    """One state of the automaton. `whole`: the document is compared as a whole unless an `only` rule chooses."""

    __slots__ = ("_by_position", "_steps", "_threads", "chosen", "effects", "live")

    def __init__(self, threads: tuple[Thread, ...], *, chosen: bool) -> None:
        self._threads = tuple(thread for thread in threads if thread[1] < len(thread[0]))
        done = [effect for pattern, depth, effect in threads if depth == len(pattern)]
        self.chosen = chosen or any(effect.kind == "only" for effect in done)
        self.effects = tuple(
            sorted({effect for effect in done if effect.kind != "only"}, key=lambda effect: effect.digest)
        )
        # Kinds of rules that may still match further down.
        self.live = frozenset(effect.kind for _, _, effect in self._threads)
        self._by_position = any(
            isinstance(choice, int) and choice != ANY
            for pattern, depth, _ in self._threads
            for choice in pattern[depth].choices
        )
        self._steps: dict[str | int, Standing] = {}

    def member(self, name: str) -> Standing:
        """See `Place`."""
        found = self._steps.get(name, self)
        return self._step(name) if found is self else found

    def item(self, left: int, right: int) -> Standing:
        """See `Place`. A rule that names a position means legacy's, where the item is there."""
        position = (left if left >= 0 else right) if self._by_position else ANY
        found = self._steps.get(position, self)
        return self._step(position) if found is self else found

    def _step(self, step: str | int) -> Standing:
        following: list[Thread] = []
        for pattern, depth, effect in self._threads:
            segment = pattern[depth]
            if segment.descend:
                following.append((pattern, depth, effect))
            if segment.takes(step):
                following.append((pattern, depth + 1, effect))
        standing = _standing(tuple(dict.fromkeys(following)), chosen=self.chosen)
        if len(self._steps) < _REMEMBERED:
            self._steps[step] = standing
        return standing


def start(threads: tuple[Thread, ...]) -> Standing:
    """The standing at the root."""
    return _standing(threads, chosen=not any(effect.kind == "only" for _, _, effect in threads))


def _standing(threads: tuple[Thread, ...], *, chosen: bool) -> Standing:
    state = State(threads, chosen=chosen)
    if not state.chosen and "only" not in state.live:
        return OUTSIDE
    if state.chosen and not state.effects and not state.live - {"only"}:
        return None
    return state


@dataclass(frozen=True, slots=True)
class Both:
    """A place as each document's own automaton sees it: where filters resolved to other places on either side."""

    left: Place | None
    right: Place | None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What holds here on either side."""
        found = {*(self.left.effects if self.left else ()), *(self.right.effects if self.right else ())}
        return tuple(sorted(found, key=lambda effect: effect.digest))

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
