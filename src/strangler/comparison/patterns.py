"""The path of a difference without what is data: list positions, and names of members that are keys of a dictionary.

A map is a dictionary when all its names are ids, numbers or dates, or when it holds several maps of one shape:
`{"number": {"type": …, "help": …}, "state": {"type": …, "help": …}, …}` says `$[*].help`, not fifty paths. What
the pair at hand shows on either side decides, so the same pair always has the same pattern.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from strangler.comparison.model import Node, Path
from strangler.comparison.paths import ANY

_KEY: Final = re.compile(
    r"-?\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{24,64}|\d{4}-\d\d(?:-\d\d)?",
    re.ASCII,
)
_MEMBERS: Final = 5
"""Maps of one shape that make a dictionary."""
_NAMED: Final = 200
"""More members than any record has: a dictionary, whatever they hold."""


class Patterns:
    """Patterns within one pair of documents; what is found out about a map is remembered."""

    __slots__ = ("_left", "_right", "_seen")

    def __init__(self, left: Node, right: Node) -> None:
        self._left = left
        self._right = right
        self._seen: dict[int, bool] = {}

    def of(self, path: Path, counterpart: Path) -> Path:
        """The pattern of a place that stands at `path` on legacy and at `counterpart` on the candidate."""
        left, right = self._left, self._right
        steps: list[str | int] = []
        for step, other in zip(path, counterpart, strict=True):
            if isinstance(step, int):
                steps.append(ANY)
            else:
                steps.append(ANY if self._dictionary(left) or self._dictionary(right) else step)
            left, right = _below(left, step), _below(right, other)
        return tuple(steps)

    def _dictionary(self, node: Node) -> bool:
        if not isinstance(node, dict) or not node:
            return False
        known = self._seen.get(id(node))
        if known is None:
            known = self._seen[id(node)] = is_dictionary(node)
        return known


def is_dictionary(node: dict[str, Node]) -> bool:
    """Whether a map's names are data."""
    if len(node) > _NAMED or all(_KEY.fullmatch(name) for name in node):
        return True
    maps = [child for child in node.values() if isinstance(child, dict)]
    return len(maps) >= _MEMBERS and len(maps) == len(node) and _one_shape(maps)


def _one_shape(maps: list[dict[str, Node]]) -> bool:
    """Whether most members of most maps are members of most others."""
    shared = Counter(name for each in maps for name in each)
    usual = {name for name, count in shared.items() if 2 * count > len(maps)}
    if not usual:
        return False
    alike = sum(2 * len(usual & each.keys()) > max(len(usual), len(each)) for each in maps)
    return 10 * alike >= 8 * len(maps)


def _below(node: Node, step: str | int) -> Node:
    if isinstance(node, dict) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
        return node[step]
    return None
