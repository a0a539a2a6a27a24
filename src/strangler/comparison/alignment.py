"""Which item of one list is which of the other.

Equal items find each other by hash, as multisets, so one inserted or lost line is one difference and a list of
50,000 rows takes a fraction of a second. What is left is paired by likeness: items that share rare values, found
through an inverted index. Between the same neighbours, as many left as right, they are paired in order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from strangler.comparison.likeness import alike
from strangler.comparison.model import Node

type Pair = tuple[int, int]

_SMALL = 40_000
"""Cells of a table that finds the longest common subsequence, where repeated items make order ambiguous."""


@dataclass(slots=True)
class Alignment:
    """`same`: pairs whose keys are equal. `similar`: pairs that want a walk. The others stand on one side only."""

    same: list[Pair] = field(default_factory=list)
    similar: list[Pair] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)

    def moved(self) -> list[Pair]:
        """The pairs that are out of order: the fewest that must be taken out for the rest to be in order."""
        pairs = sorted(self.same + self.similar)
        if _rises([right for _, right in pairs]):
            return []
        kept = _longest_rising([right for _, right in pairs])
        return [pair for position, pair in enumerate(pairs) if position not in kept]


def align(
    left: Sequence[Node], right: Sequence[Node], left_keys: Sequence[Hashable], right_keys: Sequence[Hashable]
) -> Alignment:
    """Pair the items of two lists. Keys are stand-ins: equal keys mean items to be paired first."""
    head, tail = _ends(left_keys, right_keys)
    inner_left = range(head, len(left) - tail)
    inner_right = range(head, len(right) - tail)
    found = Alignment(same=[(i, i) for i in range(head)])
    matched = _matched(left_keys, right_keys, inner_left, inner_right)
    found.same += matched
    shift = len(right) - len(left)
    found.same += [(i, i + shift) for i in range(len(left) - tail, len(left))]
    rest_left, rest_right = _rest(inner_left, inner_right, matched)
    _pair_rest(found, left, right, rest_left, rest_right)
    return found


def _ends(left: Sequence[Hashable], right: Sequence[Hashable]) -> Pair:
    """How many items are equal at the beginning, and how many of the others at the end."""
    shorter = min(len(left), len(right))
    head = 0
    while head < shorter and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < shorter - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head, tail


def _matched(
    left: Sequence[Hashable], right: Sequence[Hashable], inner_left: range, inner_right: range
) -> list[Pair]:
    """Equal items, the n-th with the n-th; in order if any pairing of as many is."""
    pairs = _by_occurrence(left, right, inner_left, inner_right)
    if _rises([j for _, j in pairs]):
        return pairs
    backwards = _by_occurrence(left, right, inner_left[::-1], inner_right[::-1])[::-1]
    if _rises([j for _, j in backwards]):
        return backwards
    if len(inner_left) * len(inner_right) <= _SMALL and len({left[i] for i, _ in pairs}) < len(pairs):
        common = _common_subsequence(left, right, inner_left, inner_right)
        if len(common) == len(pairs):
            return common
    return pairs


def _by_occurrence(
    left: Sequence[Hashable], right: Sequence[Hashable], inner_left: Sequence[int], inner_right: Sequence[int]
) -> list[Pair]:
    waiting: dict[Hashable, list[int]] = {}
    for j in reversed(inner_right):
        waiting.setdefault(right[j], []).append(j)
    pairs: list[Pair] = []
    for i in inner_left:
        places = waiting.get(left[i])
        if places:
            pairs.append((i, places.pop()))
    return pairs


def _rises(positions: Sequence[int]) -> bool:
    return all(a < b for a, b in pairwise(positions))


def _common_subsequence(
    left: Sequence[Hashable], right: Sequence[Hashable], inner_left: range, inner_right: range
) -> list[Pair]:
    table = [[0] * (len(inner_right) + 1) for _ in range(len(inner_left) + 1)]
    for a in range(len(inner_left) - 1, -1, -1):
        row, below, key = table[a], table[a + 1], left[inner_left[a]]
        for b in range(len(inner_right) - 1, -1, -1):
            row[b] = below[b + 1] + 1 if key == right[inner_right[b]] else max(below[b], row[b + 1])
    pairs: list[Pair] = []
    a = b = 0
    while a < len(inner_left) and b < len(inner_right):
        if left[inner_left[a]] == right[inner_right[b]]:
            pairs.append((inner_left[a], inner_right[b]))
            a, b = a + 1, b + 1
        elif table[a + 1][b] >= table[a][b + 1]:
            a += 1
        else:
            b += 1
    return pairs


def _rest(inner_left: range, inner_right: range, matched: Sequence[Pair]) -> tuple[list[int], list[int]]:
    taken_left = {i for i, _ in matched}
    taken_right = {j for _, j in matched}
    return (
        [i for i in inner_left if i not in taken_left],
        [j for j in inner_right if j not in taken_right],
    )


def _pair_rest(
    found: Alignment, left: Sequence[Node], right: Sequence[Node], rest_left: list[int], rest_right: list[int]
) -> None:
    """Within each gap between equal items first, then whatever is alike anywhere."""
    over_left, over_right = rest_left, rest_right
    if rest_left and rest_right and _rises([j for _, j in sorted(found.same)]):
        over_left, over_right = [], []
        for gap_left, gap_right in _gaps(found.same, rest_left, rest_right):
            paired = alike(left, right, gap_left, gap_right, fill=True)
            found.similar += paired
            lone_left, lone_right = _without(gap_left, gap_right, paired)
            over_left += lone_left
            over_right += lone_right
    if over_left and over_right:
        paired = alike(left, right, over_left, over_right, fill=False)
        found.similar += paired
        over_left, over_right = _without(over_left, over_right, paired)
    found.missing += over_left
    found.extra += over_right
    found.similar.sort()


def _without(lefts: list[int], rights: list[int], pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    taken_left = {i for i, _ in pairs}
    taken_right = {j for _, j in pairs}
    return [i for i in lefts if i not in taken_left], [j for j in rights if j not in taken_right]


def _gaps(
    same: Sequence[Pair], rest_left: Sequence[int], rest_right: Sequence[int]
) -> list[tuple[list[int], list[int]]]:
    """The unpaired items by the equal pair they stand before. `same` rises on both sides."""
    ordered = sorted(same)
    lefts, rights = [i for i, _ in ordered], [j for _, j in ordered]
    gaps: dict[int, tuple[list[int], list[int]]] = {}
    for i in rest_left:
        gaps.setdefault(bisect_left(lefts, i), ([], []))[0].append(i)
    for j in rest_right:
        gaps.setdefault(bisect_left(rights, j), ([], []))[1].append(j)
    return list(gaps.values())


def _longest_rising(positions: Sequence[int]) -> set[int]:
    """Indexes of a longest strictly rising subsequence."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, value in enumerate(positions):
        length = bisect_left(ends, value)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        last[length : length + 1] = [index]
    kept: set[int] = set()
    index = last[-1] if last else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return kept
