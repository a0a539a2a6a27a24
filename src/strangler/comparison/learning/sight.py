"""What one pair shows: the names that changed, beside them those that did not, and fields that came and went.

What is equal is not in an outcome, and it is what tells a renamed value from one that is wrong in some documents. So
places where a name has changed are watched: both answers of every later pair are read again there, and so are the
latest pairs before the first change, which are kept for that. Nothing is read again where nothing is watched.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.headers import read_otherwise
from strangler.comparison.learning.evidence import Learned, Mark, Values
from strangler.comparison.learning.moved import Marker, moved
from strangler.comparison.learning.names import is_name, no_name
from strangler.comparison.learning.places import nameable, pattern_of
from strangler.comparison.leaves import named
from strangler.comparison.model import Answer, Difference, Node, jsonpath
from strangler.comparison.paths import at, places
from strangler.comparison.renames import put_back
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Sight:
    """One judged pair of a route. `found`: all in which it differs; `counts`: what of that was not excused.

    `whole`: no difference is left out of these.
    """

    route: str
    legacy: Answer
    candidate: Answer
    found: tuple[Difference, ...]
    counts: tuple[Difference, ...]
    rules: Rules
    context: Context
    whole: bool = True

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.legacy.body) + len(self.candidate.body)


@dataclass(frozen=True, slots=True)
class Watched:
    """Places whose unchanged values are wanted, and those (`closed`) about which nothing is left to find out.

    `full`: there is no room for further places.
    """

    places: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    full: bool = False


NOTHING: Final = Watched()
_WRITTEN: Final = 64
_PAGES: Final = b"%PDF-"


def digest(text: str) -> str:
    """A value without the value; what leaves the process needs a keyed one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def learned(
    sight: Sight, watched: Watched = NOTHING, before: Sequence[Sight] = (), mark: Marker = digest
) -> Learned:
    """The evidence of one pair. Pure.

    Where a name changes at a place that is neither watched nor closed, what the pairs `before` said there is evidence
    too, which is taken this once. `mark` makes of values that fields have in common what may be kept.
    """
    if sight.legacy.body.startswith(_PAGES):
        return Learned()  # of what stands on a page no place is the same thing twice
    out = _changed(sight)
    fresh = out.places.keys() - watched.places - watched.closed
    if watched.full:
        for place in fresh:
            del out.places[place]
        fresh = set()
    _look(out, sight, watched.places | fresh)
    for earlier in before if fresh else ():
        _look(out, earlier, fresh)
    if sight.whole:
        moved(out, sight.route, sight.counts, mark)
    return out


def _changed(sight: Sight) -> Learned:
    out = Learned()
    for difference in sight.counts:
        place = place_of(difference)
        # How a system words its errors says nothing about what it calls things.
        if (
            place is None
            or difference.cause.code == "error-body"
            or place in out.unfit
            or not nameable(place)
        ):
            continue
        why = no_name(difference)
        left, right = _name(difference.left), _name(difference.right)
        if why or left is None or right is None or left == right:
            out.rule_out(place, why or "type")
            continue
        values = out.places.setdefault(place, Values(1))
        values.changed.setdefault(left, {})[right] = 1
        digest = fingerprint(sight.route, difference).digest
        values.marks[digest] = Mark(difference.kind, difference.cause.code)
    return out


def place_of(difference: Difference) -> str | None:
    """The place of a value that changed, as a rule names it; None for what is no value of a body."""
    location = difference.location
    if location.part != "body" or not location.path or difference.kind not in {"changed", "type"}:
        return None
    return jsonpath(location.path if difference.pattern is None else difference.pattern)


def _look(out: Learned, sight: Sight, wanted: Iterable[str]) -> None:
    """Add the values that both sides say at these places."""
    chosen = sorted(place for place in wanted if place not in out.unfit)
    # Of two statuses the bodies are two things: what they have in common is chance.
    roots = _roots(sight) if chosen and sight.legacy.status == sight.candidate.status else None
    if roots is None:
        return
    for place in chosen:
        same = _same(roots, place, sight.found)
        if not all(map(is_name, same)):
            out.rule_out(place, "not a name")
        elif same:
            values = out.places.setdefault(place, Values())
            for name in same:
                values.same[name] = values.same.get(name, 0) + 1


def _same(roots: tuple[Node, Node], place: str, found: Sequence[Difference]) -> Counter[str]:
    """The values of both sides less those that are known to differ: what is left on both is what is equal.

    Of items that only one side has this may take two for one; then a map that holds is not told, never the reverse.
    """
    ours, theirs = _names(roots[0], place), _names(roots[1], place)
    if not ours or set(ours).isdisjoint(theirs):
        return Counter()
    left, right = Counter(ours), Counter(theirs)
    for each in found:
        if place_of(each) == place:
            _take_out(left, _name(each.left))
            _take_out(right, _name(each.right))
    return +left & +right


def _take_out(names: Counter[str], name: str | None) -> None:
    if name is not None:
        names[name] -= 1


def _roots(sight: Sight) -> tuple[Node, Node] | None:
    """Both documents in legacy's shape."""
    try:
        legacy = decode(sight.legacy, sight.context).root
        fields = sight.legacy.fields, sight.candidate.fields
        alike = sight.legacy.body == sight.candidate.body and not read_otherwise(*fields)
        if alike and not sight.rules.moves:
            return legacy, legacy
        candidate = decode(sight.candidate, sight.context).root
    except DecodeError:
        return None
    return legacy, put_back(candidate, sight.rules.moves, {}) if sight.rules.moves else candidate


def _names(root: Node, place: str) -> list[str]:
    pattern = pattern_of(place)
    if pattern is None:
        return []
    found = (_name(at(root, path)) for path, _ in places(root, pattern))
    return [name for name in found if name is not None]


def _name(value: Node) -> str | None:
    """The name of a scalar; None for what is none, or a number that nobody would write out."""
    if isinstance(value, int) and value.bit_length() > _WRITTEN:
        return None
    return named(value) if value is None or isinstance(value, str | int | Decimal) else None
