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
    """Patterns within one pair of documents; what is found out about a parent is remembered."""

    __slots__ = ("_left", "_parents", "_right")

    def __init__(self, left: Node, right: Node) -> None:
        self._left = left
        self._right = right
        self._parents: dict[tuple[Path, Path], tuple[Path, bool]] = {}

    def of(self, path: Path, counterpart: Path) -> Path:
        """The pattern of a place that stands at `path` on legacy and at `counterpart` on the candidate."""
        if not path:
            return ()
        above = path[:-1], counterpart[:-1]
        known = self._parents.get(above)
        if known is None:
            known = self._parents[above] = self._parent(*above)
        parent, dictionary = known
        step = path[-1]
        return (*parent, ANY if dictionary or isinstance(step, int) else step)

    def _parent(self, path: Path, counterpart: Path) -> tuple[Path, bool]:
        """The pattern of a map or list, and whether its own names are data."""
        left, right = self._left, self._right
        steps: list[str | int] = []
        for step, other in zip(path, counterpart, strict=True):
            steps.append(ANY if isinstance(step, int) or _dictionary(left) or _dictionary(right) else step)
            left, right = _below(left, step), _below(right, other)
        return tuple(steps), _dictionary(left) or _dictionary(right)


def _dictionary(node: Node) -> bool:
    return isinstance(node, dict) and bool(node) and is_dictionary(node)


def is_dictionary(node: dict[str, Node]) -> bool:
    """Whether a map's names are data."""
    if len(node) > _NAMED:
        return True
    first = next(iter(node))
    if _KEY.fullmatch(first) and all(_KEY.fullmatch(name) for name in node):
        return True
    if len(node) < _MEMBERS or not isinstance(node[first], dict):
        return False
    maps = [child for child in node.values() if isinstance(child, dict)]
    return len(maps) == len(node) and _one_shape(maps)


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
