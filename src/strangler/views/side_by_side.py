"""Two documents side by side, the lines that differ marked, and the place that is meant marked twice."""

from __future__ import annotations

import difflib
import json
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from strangler.comparison.paths import BadPath, Pattern, Query, parse

type Mark = Literal["", "|", ">>"]
"""Equal, different, different and at the place that is meant."""

AROUND: Final = 3
_STEP: Final = "  "
_WORD: Final = frozenset(string.ascii_letters + string.digits + ".+-")


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of both; None where there is none. `mark` says how they compare."""

    left: str | None
    right: str | None
    mark: Mark


type Line = tuple[str, tuple[str | int, ...]]
"""A line of a document with the path of what stands on it (empty: unknown)."""


def side_by_side(left: str, right: str, *places: str) -> list[Pair]:
    """All lines, paired. `places`: what is meant, as JSONPaths with `[*]`, for JSON documents."""
    patterns = [pattern for place in places if (pattern := _pattern(place))]
    first, second = _lines(left), _lines(right)
    matcher = difflib.SequenceMatcher(
        None, [text for text, _ in first], [text for text, _ in second], autojunk=False
    )
    out: list[Pair] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            out += [Pair(text, text, "") for text, _ in first[a:b]]
        else:
            out += _unequal(first[a:b], second[c:d], patterns)
    return out


def excerpt(pairs: Sequence[Pair], around: int = AROUND) -> Iterator[Pair | None]:
    """The lines that differ with some around them; None where lines are left out."""
    near = {
        line
        for index, pair in enumerate(pairs)
        if pair.mark
        for line in range(index - around, index + around + 1)
    }
    gap = False
    for index, pair in enumerate(pairs):
        if index in near:
            gap = False
            yield pair
        elif not gap:
            gap = True
            yield None


def apart(left: str, right: str) -> tuple[str, str, str, str]:
    """What both begin with, legacy's part, the candidate's part, what both end with."""
    same = _alike(left, right)
    rest = _alike(left[same:][::-1], right[same:][::-1])
    # A number or a word is marked whole: what changed is the amount, not its last digit.
    while same and left[same - 1] in _WORD:
        same -= 1
    while rest and left[-rest] in _WORD:
        rest -= 1
    return (
        left[:same],
        left[same : len(left) - rest],
        right[same : len(right) - rest],
        left[len(left) - rest :],
    )


def _alike(left: str, right: str) -> int:
    """How many characters are the same at the beginning."""
    differing = (index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)
    return next(differing, min(len(left), len(right)))


def _unequal(left: Sequence[Line], right: Sequence[Line], patterns: Sequence[Pattern]) -> Iterator[Pair]:
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else None
        two = right[index] if index < len(right) else None
        meant = any(
            line is not None and _fits(pattern, line[1]) for line in (one, two) for pattern in patterns
        )
        yield Pair(one[0] if one else None, two[0] if two else None, ">>" if meant else "|")


def _pattern(place: str) -> Pattern | None:
    if not place.startswith("$"):
        return None
    try:
        parsed = parse(place)
    except BadPath:
        return None
    return None if isinstance(parsed, Query) else parsed


def _fits(pattern: Pattern, path: tuple[str | int, ...]) -> bool:
    if len(path) < len(pattern):
        return False
    return all(segment.takes(step) for segment, step in zip(pattern, path, strict=False))


def _lines(text: str) -> list[Line]:
    try:
        document = json.loads(text, parse_float=_Spelt, parse_int=_Spelt, object_pairs_hook=_Members)
        return list(_tree(document, (), "", ""))
    except (ValueError, RecursionError):
        return [(line, ()) for line in text.splitlines()]


class _Spelt(str):
    """A number as it was written: a float would change its digits."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """An object's members: two of the same name are both shown."""


def _tree(node: Any, path: tuple[str | int, ...], lead: str, label: str) -> Iterator[Line]:
    children: list[tuple[str | int, str, Any]]
    if isinstance(node, _Members):
        children = [(name, f"{json.dumps(name, ensure_ascii=False)}: ", value) for name, value in node]
        opening, closing = "{", "}"
    elif isinstance(node, list):
        children = [(index, "", value) for index, value in enumerate(node)]
        opening, closing = "[", "]"
    else:
        yield (
            f"{lead}{label}{node if isinstance(node, _Spelt) else json.dumps(node, ensure_ascii=False)}",
            path,
        )
        return
    if not children:
        yield f"{lead}{label}{opening}{closing}", path
        return
    yield f"{lead}{label}{opening}", path
    for step, name, value in children:
        yield from _tree(value, (*path, step), lead + _STEP, name)
    yield f"{lead}{closing}", path
