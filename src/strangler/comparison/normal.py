"""A hashable stand-in for a value: two that are the same under the rules have the same one.

The converse does not hold where a rule tolerates (an amount within two cents has no stand-in of its own), so what
the stand-in calls alike is walked, not believed.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from strangler.comparison.model import Node
from strangler.comparison.states import OUTSIDE, Place, Standing

_TRUE: Final = ("true",)
_FALSE: Final = ("false",)
_LENIENT: Final = frozenset({"decimal", "instant", "identity", "map", "text", "pattern", "call"})

_LEFT_OUT: Final = frozenset({"ignore", "default"})


def normal(node: Node, standing: Standing = None) -> Hashable:
    """The stand-in of a value that stands where `standing` says. Typed; numbers by value."""
    if standing == OUTSIDE:
        return None
    if standing is None:
        return _plain(node)
    kinds = standing.kinds
    if kinds and ("ignore" in kinds or not _LENIENT.isdisjoint(kinds)):
        return None
    if isinstance(node, dict):
        return frozenset(_members(node, standing))
    if isinstance(node, list):
        items = [normal(item, standing.item(position, position)) for position, item in enumerate(node)]
        # Equal multisets give equal sets; the walk tells unequal multisets apart.
        return ("unordered", frozenset(items)) if "unordered" in kinds else tuple(items)
    return _plain(node)


def _members(node: dict[str, Node], place: Place) -> list[tuple[str, Hashable]]:
    members: list[tuple[str, Hashable]] = []
    for name, child in node.items():
        standing = place.member(name)
        if standing == OUTSIDE or (standing is not None and not _LEFT_OUT.isdisjoint(standing.kinds)):
            continue
        stand_in = normal(child, standing)
        if standing is None or not _hollow(stand_in):
            members.append((name, stand_in))
    return members


def _hollow(stand_in: Hashable) -> bool:
    """Whether nothing is left of a map or a list: all in it may be absent, so that it may be, too."""
    return isinstance(stand_in, frozenset | tuple) and all(_hollow(part) for part in stand_in)


def _plain(node: Node) -> Hashable:
    if node is True:
        return _TRUE
    if node is False:
        return _FALSE
    if isinstance(node, dict):
        return frozenset([(name, _plain(child)) for name, child in node.items()])
    if isinstance(node, list):
        return ("list", *[_plain(item) for item in node])
    return node
