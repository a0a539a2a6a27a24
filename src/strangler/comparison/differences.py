"""The walk through two trees at once: every place where they disagree, under the rules, without the why.

Maps are compared by name, lists as `alignment` pairs their items. Depth is bounded by the decoders.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from strangler.comparison.absent import absent
from strangler.comparison.alignment import Alignment, align
from strangler.comparison.called import RuleFailed
from strangler.comparison.keys import keys
from strangler.comparison.model import Kind, Location, Node, Pairing, Path
from strangler.comparison.normal import normal
from strangler.comparison.rules import Rules
from strangler.comparison.states import OUTSIDE, Effect, Place, Standing
from strangler.comparison.values import identical, is_number, same

_SHOWN_MOVES: Final = 20


@dataclass(slots=True)
class Raw:
    """A difference before anybody asked why. `exact`: a `decimal` rule watches this place. `failed`: what a function
    that a rule names did instead of an answer.

    `path` leads there through legacy's positions, `counterpart` through the candidate's, also to what one side lacks.
    """

    kind: Kind
    path: Path
    counterpart: Path
    left: Node
    right: Node
    exact: bool = False
    failed: str = ""


@dataclass(slots=True)
class Walk:
    """What a walk gathers. `one_sided` is the limit above which a list's lone items become one `length`.

    `mixed`: there may be true and false in the documents, which Python's `==` takes for 1 and 0. `key`: the members
    that name an item, where the document as a whole is a list.
    """

    one_sided: int = 16
    ids: bool = False
    mixed: bool = True
    key: tuple[str, ...] = ()
    found: list[Raw] = field(default_factory=list)
    silenced: dict[str, int] = field(default_factory=dict)
    pairings: list[Pairing] = field(default_factory=list)

    def silence(self, effect: Effect) -> None:
        """Count a difference that a rule let pass."""
        self.silenced[effect.digest] = self.silenced.get(effect.digest, 0) + 1

    def node(self, left: Node, right: Node, lp: Path, rp: Path, standing: Standing) -> None:
        """Compare two values that stand at `lp` and `rp` of their documents."""
        if standing is None:
            place = None
        elif standing == OUTSIDE:
            return
        else:
            place = standing
            if place.effects and self._ruled(left, right, lp, rp, place):
                return
        if type(left) is dict and type(right) is dict:
            self._maps(left, right, lp, rp, place)
        elif type(left) is list and type(right) is list:
            self._lists(left, right, lp, rp, place)
        elif not same(left, right) and (place is None or chooses(left, place) or chooses(right, place)):
            self.found.append(Raw(_kind(left, right), lp, rp, left, right, exact=_exact(place)))

    def _identical(self, left: Node, right: Node) -> bool:
        return identical(left, right) if self.mixed else left == right

    def _ruled(self, left: Node, right: Node, lp: Path, rp: Path, place: Place) -> bool:
        """Whether the rules at this place settle it. Each that could is asked in its turn."""
        if place.ignored:
            self._ignored(left, right, place)
            return True
        done, failed = False, ""
        for effect in place.effects:
            if effect.kind == "identity" and _is_id(left) and _is_id(right):
                location = Location("body", lp)
                self.pairings.append(Pairing(effect.digest, str(left), str(right), location))
                if not done and not same(left, right):
                    self.silence(effect)
                done = True
            elif effect.accepts is not None and not done and not same(left, right):
                try:
                    done = effect.accepts(left, right)
                except RuleFailed as error:
                    failed = str(error)
                if done:
                    self.silence(effect)
        if failed and not done:
            self.found.append(Raw(_kind(left, right), lp, rp, left, right, _exact(place), failed))
        return done or bool(failed)

    def _ignored(self, left: Node, right: Node, place: Place) -> None:
        if not self._identical(left, right) and not _equal(left, right):
            self.silence(next(effect for effect in place.effects if effect.kind == "ignore"))

    def _maps(
        self, left: dict[str, Node], right: dict[str, Node], lp: Path, rp: Path, place: Place | None
    ) -> None:
        for name, value in left.items():
            if name in right:
                other = right[name]
                if place is None:
                    kind = type(value)
                    if kind is type(other) and kind is not dict and kind is not list and value == other:
                        continue
                path = (*lp, name)
                self.node(
                    value,
                    other,
                    path,
                    path if lp is rp else (*rp, name),
                    place.member(name) if place else None,
                )
            else:
                self._lone("missing", value, (*lp, name), (*rp, name), place.member(name) if place else None)
        for name, value in right.items():
            if name not in left:
                self._lone("extra", value, (*lp, name), (*rp, name), place.member(name) if place else None)

    def _lone(self, kind: Kind, value: Node, lp: Path, rp: Path, standing: Standing) -> None:
        """A member or an item that only one side has."""
        exact, failed = False, ""
        if standing == OUTSIDE:
            return
        if standing is not None:
            for effect in standing.effects:
                if effect.kind == "ignore":
                    self.silence(effect)
                    return
            try:
                if not chooses(value, standing) or absent(value, standing, self, missing=kind == "missing"):
                    return
            except RuleFailed as error:
                failed = str(error)
            exact = _exact(standing)
        missing = kind == "missing"
        left, right = (value, None) if missing else (None, value)
        self.found.append(Raw(kind, lp, rp, left, right, exact=exact, failed=failed))

    def _lists(self, left: list[Node], right: list[Node], lp: Path, rp: Path, place: Place | None) -> None:
        equal = self._identical(left, right)
        if equal and (place is None or not self.ids):
            return
        unordered = next((e for e in place.effects if e.kind == "unordered"), None) if place else None
        if not equal and self.key and not lp:
            aligned = _by_members(left, right, self.key)
        elif equal or len(left) == len(right) == 1:
            # Nothing to pair: stand-ins of whole subtrees, level by level, are what costs in XML.
            aligned = Alignment(similar=[(i, i) for i in range(len(left))])
        elif unordered is not None and unordered.by is not None:
            aligned = _by_members(left, right, (unordered.by,))
        else:
            aligned = align(left, right, *keys(left, right, place))
        self._order(aligned, left, lp, rp, unordered, place)
        walked = aligned.similar
        if place is not None:
            walked = sorted(aligned.same + aligned.similar)
        for i, j in walked:
            a, b = left[i], right[j]
            if place is not None and not self.ids and self._identical(a, b):
                continue
            path = (*lp, i)
            there = path if i == j and lp is rp else (*rp, j)
            self.node(a, b, path, there, place.item(i, j) if place else None)
        self._lone_items(aligned, left, right, lp, rp, place)

    def _order(
        self,
        aligned: Alignment,
        left: list[Node],
        lp: Path,
        rp: Path,
        unordered: Effect | None,
        place: Place | None,
    ) -> None:
        moved = aligned.moved()
        if not moved:
            return
        if unordered is not None:
            self.silence(unordered)
        elif place is None or chooses(left, place):
            shown = moved[:_SHOWN_MOVES]
            self.found.append(Raw("order", lp, rp, [i for i, _ in shown], [j for _, j in shown]))

    def _lone_items(
        self, aligned: Alignment, left: list[Node], right: list[Node], lp: Path, rp: Path, place: Place | None
    ) -> None:
        lone = len(aligned.missing) + len(aligned.extra)
        if lone > self.one_sided and len(left) != len(right) and (place is None or place.chosen):
            self.found.append(Raw("length", lp, rp, len(left), len(right)))
            return
        for i in aligned.missing:
            self._lone("missing", left[i], (*lp, i), (*rp, i), place.item(i, -1) if place else None)
        for j in aligned.extra:
            self._lone("extra", right[j], (*lp, j), (*rp, j), place.item(-1, j) if place else None)


def walk(
    left: Node,
    right: Node,
    rules: Rules,
    one_sided: int,
    *,
    ids: bool,
    mixed: bool = True,
    key: tuple[str, ...] = (),
) -> Walk:
    """Everything two documents disagree about, the candidate's having been put into legacy's shape.

    `ids`: what is equal is walked too, since identity rules want to see the ids in it. `mixed`, `key`: see `Walk`.
    """
    gathered = Walk(one_sided=one_sided, ids=ids, mixed=mixed, key=key)
    gathered.node(left, right, (), (), rules.standing(left, right))
    return gathered


def chooses(node: Node, place: Place) -> bool:
    """Whether anything at or below this place is compared."""
    if place.chosen:
        return True
    steps: Sequence[tuple[Node, Standing]] = ()
    if isinstance(node, dict):
        steps = [(child, place.member(name)) for name, child in node.items()]
    elif isinstance(node, list):
        steps = [(child, place.item(position, position)) for position, child in enumerate(node)]
    return any(below is None or (below != OUTSIDE and chooses(child, below)) for child, below in steps)


def _exact(place: Place | None) -> bool:
    return place is not None and "decimal" in place.kinds


def _is_id(value: Node) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and bool(value.strip())
    )


def _kind(left: Node, right: Node) -> Kind:
    return "changed" if _same_type(left, right) else "type"


def _same_type(left: Node, right: Node) -> bool:
    return type(left) is type(right) or (is_number(left) and is_number(right))


def _equal(left: Node, right: Node) -> bool:
    return normal(left) == normal(right)


def _by_members(left: list[Node], right: list[Node], by: tuple[str, ...]) -> Alignment:
    """Items with the same name members, the n-th with the n-th; no likeness, since it was said what counts."""
    waiting: dict[Hashable, list[int]] = {}
    for j in range(len(right) - 1, -1, -1):
        waiting.setdefault(_name(right[j], by), []).append(j)
    aligned = Alignment()
    for i, item in enumerate(left):
        places = waiting.get(_name(item, by))
        if places:
            aligned.similar.append((i, places.pop()))
        else:
            aligned.missing.append(i)
    aligned.extra = sorted(j for places in waiting.values() for j in places)
    return aligned


def _name(item: Node, by: tuple[str, ...]) -> Hashable:
    if isinstance(item, dict) and all(name in item for name in by):
        return ("named", *(normal(item[name]) for name in by))
    return normal(item)
