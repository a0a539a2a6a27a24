"""Pairing items that are not equal by what they have in common."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from strangler.comparison.model import Node
from strangler.comparison.normal import normal

_COMMON = 64
"""A value that so many items share tells nothing about which is which."""
_CANDIDATES = 128
"""Counterparts looked at for one item."""
_ENOUGH = 300
"""The share of values, per mille, two items must have in common to be taken for the same thing."""


def alike(
    left: Sequence[Node], right: Sequence[Node], lefts: list[int], rights: list[int], *, fill: bool
) -> list[tuple[int, int]]:
    """Pairs of positions, the likest first, nearer ones on a tie.

    `fill`: what stays over is paired in order if as many stay over on both sides, or if they are scalars.
    """
    if not lefts or not rights:
        return []
    if fill and len(lefts) == len(rights) == 1:
        return [(lefts[0], rights[0])]
    pairs = _by_likeness(left, right, lefts, rights)
    if fill:
        taken_left, taken_right = {i for i, _ in pairs}, {j for _, j in pairs}
        over_left = [i for i in lefts if i not in taken_left]
        over_right = [j for j in rights if j not in taken_right]
        if len(over_left) == len(over_right) or not _any_container(left, over_left, right, over_right):
            pairs += zip(over_left, over_right, strict=False)
    return pairs


def _any_container(
    left: Sequence[Node], over_left: Sequence[int], right: Sequence[Node], over_right: Sequence[int]
) -> bool:
    return any(isinstance(left[i], dict | list) for i in over_left) or any(
        isinstance(right[j], dict | list) for j in over_right
    )


def _by_likeness(
    left: Sequence[Node], right: Sequence[Node], lefts: list[int], rights: list[int]
) -> list[tuple[int, int]]:
    marks_left = {i: set(_marks(left[i])) for i in lefts}
    marks_right = {j: set(_marks(right[j])) for j in rights}
    index: dict[Hashable, list[int]] = {}
    for j, marks in marks_right.items():
        for mark in marks:
            index.setdefault(mark, []).append(j)
    scored: list[tuple[int, int, int, int]] = []
    for i, marks in marks_left.items():
        for j in _candidates(marks, index):
            shared = 1_000 * len(marks & marks_right[j]) // max(len(marks), len(marks_right[j]))
            if shared >= _ENOUGH:
                scored.append((-shared, abs(i - j), i, j))
    scored.sort()
    return _chosen(scored)


def _chosen(scored: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, _, i, j in scored:
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            pairs.append((i, j))
    return pairs


def _candidates(marks: set[Hashable], index: dict[Hashable, list[int]]) -> set[int]:
    found: set[int] = set()
    postings = [index[mark] for mark in marks if mark in index]
    for posting in sorted(postings, key=len):
        if len(posting) > _COMMON or len(found) >= _CANDIDATES:
            break
        found.update(posting)
    return found


def _marks(node: Node) -> Iterator[Hashable]:
    """What an item is known by: its members with their values, one level down one by one."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from ((name, mark) for mark in _marks_below(child))
    elif isinstance(node, list):
        yield from (normal(child) for child in node)
    elif isinstance(node, str) and " " in node:
        yield from node.split()


def _marks_below(node: Node) -> Iterator[Hashable]:
    if isinstance(node, dict):
        yield from ((name, normal(child)) for name, child in node.items())
    elif isinstance(node, list) and len(node) <= _COMMON:
        yield from (normal(child) for child in node)
    else:
        yield normal(node)
