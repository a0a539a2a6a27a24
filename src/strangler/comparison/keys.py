"""Stand-ins of the items of two lists, for their alignment."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from strangler.comparison.model import Node
from strangler.comparison.normal import normal
from strangler.comparison.states import Place
from strangler.comparison.values import canonical


def keys(
    left: list[Node], right: list[Node], place: Place | None
) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    """Stand-ins of the items: bytes where nothing but bytes is to be looked at, by value for what they leave over."""
    if place is not None:
        return (
            [normal(item, place.item(position, position)) for position, item in enumerate(left)],
            [normal(item, place.item(position, position)) for position, item in enumerate(right)],
        )
    lefts: list[Hashable] = [_quick(item) for item in left]
    rights: list[Hashable] = [_quick(item) for item in right]
    if lefts == rights:
        return lefts, rights
    known_left, known_right = set(lefts), set(rights)
    return (
        [key if key in known_right else normal(item) for key, item in zip(lefts, left, strict=True)],
        [key if key in known_left else normal(item) for key, item in zip(rights, right, strict=True)],
    )


def _quick(item: Node) -> Hashable:
    if isinstance(item, (dict, list)):
        return canonical(item)
    return normal(item)
