"""`rename`: the candidate's document with moved fields put back where legacy has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from strangler.comparison.model import Node, Opaque, Path
from strangler.comparison.moves import Moved
from strangler.comparison.paths import ANY, Pattern, at, places

_GONE: Final = Opaque("", 0, "")
"""In the place of an item that has been moved away, told by being this very one: a null is an item."""


def put_back(root: Node, moves: Sequence[Moved], silenced: dict[str, int]) -> Node:
    """A copy of the candidate's document in legacy's shape; each move is counted in `silenced`.

    Where legacy's place is taken in the candidate's document too, nothing is moved: the walk then shows both.
    """
    planned: list[tuple[Path, Path, Moved]] = []
    for move in sorted(moves, key=lambda each: each.digest):
        planned.extend(
            (source, _target(move.legacy, bound), move) for source, bound in places(root, move.candidate)
        )
    if not planned:
        return root
    copy = _copied(root)
    taken = [(at(root, source), source, target, move) for source, target, move in planned]
    for _, source, _, _ in taken:
        _remove(copy, source)
    for value, source, target, move in sorted(taken, key=lambda each: [str(step) for step in each[2]]):
        if _place(copy, target, value):
            silenced[move.digest] = silenced.get(move.digest, 0) + 1
        else:
            _place(copy, source, value)
    _filled(copy)
    return copy


def _target(pattern: Pattern, bound: Sequence[str | int]) -> Path:
    values = iter(bound)
    return tuple(next(values) if segment.choices == (ANY,) else segment.choices[0] for segment in pattern)


def _copied(node: Node) -> Node:
    if isinstance(node, dict):
        return {name: _copied(child) for name, child in node.items()}
    if isinstance(node, list):
        return [_copied(child) for child in node]
    return node


def _remove(root: Node, path: Path) -> None:
    """Takes a member away, and with it the maps and lists that held nothing else. Items of lists become `_GONE`."""
    for depth in range(len(path) - 1, -1, -1):
        try:
            parent = at(root, path[:depth])
        except KeyError:
            return
        step = path[depth]
        if isinstance(parent, dict) and isinstance(step, str):
            parent.pop(step, None)
        elif isinstance(parent, list) and isinstance(step, int) and step < len(parent):
            # Positions must hold until every move is made; a list of which nothing is left is dropped as a whole.
            parent[step] = _GONE
            if any(item is not _GONE for item in parent):
                return
            parent.clear()
        if parent:
            return


def _place(root: Node, path: Path, value: Node) -> bool:
    """Puts a value where a path says, building what is missing on the way. False where something else is there."""
    node = root
    for step, following in zip(path, (*path[1:], None), strict=True):
        if isinstance(node, dict) and isinstance(step, str):
            if following is None:
                if step in node:
                    return False
                node[step] = value
                return True
            node = node.setdefault(step, _container(following))
        elif isinstance(node, list) and isinstance(step, int):
            node.extend([_GONE] * (step + 1 - len(node)))
            if following is None:
                if node[step] is not _GONE:
                    return False
                node[step] = value
                return True
            if node[step] is _GONE:
                node[step] = _container(following)
            node = node[step]
        else:
            return False
    return False


def _filled(node: Node) -> None:
    """Null where an item has gone and none has come: the positions of the others hold."""
    if isinstance(node, dict):
        for child in node.values():
            _filled(child)
    elif isinstance(node, list):
        for position, item in enumerate(node):
            if item is _GONE:
                node[position] = None
            else:
                _filled(item)


def _container(step: str | int) -> Node:
    return [] if isinstance(step, int) else {}
