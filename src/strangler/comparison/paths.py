"""RFC 9535 paths, compiled for a walk that goes through two documents at once.

python-jsonpath parses and validates what is not plain (`strangler.plain_path`). A path of names, positions,
wildcards and descendant segments becomes a `Pattern`, matched step by step; one that needs the document to be
resolved (filters, slices, positions from the end) is kept as a query and resolved by the library once per document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from strangler.comparison.model import Node, Path
from strangler.plain_path import plain_path

if TYPE_CHECKING:
    from jsonpath import JSONPath

ANY: Final = -1
"""The wildcard in a pattern, and any position in a path."""


class BadPath(ValueError):  # noqa: N818  it becomes a Problem of the configuration error
    """The text is not an RFC 9535 path, or the rule at it cannot hold. `remedy`: what would be right."""

    def __init__(
        self,
        what: str,
        remedy: str = "a location is an RFC 9535 JSONPath such as $.lines[*].amount, header:NAME, or status",
    ) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Segment:
    """One step: `choices` are names, positions or ANY; `descend` lets any number of steps come first."""

    choices: tuple[str | int, ...]
    descend: bool = False

    def takes(self, step: str | int) -> bool:
        """Whether the step (a name, or a position) is one of the choices."""
        return ANY in self.choices or step in self.choices


type Pattern = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A path only a document can resolve."""

    text: str
    compiled: JSONPath

    def resolve(self, root: Node) -> Iterator[Path]:
        """Every place in the document that the path names."""
        document: Any = root
        for match in self.compiled.finditer(document):
            yield tuple(match.parts)


def parse(text: str) -> Pattern | Query:
    """Compile a body location. Raises BadPath, with the library's reason in one line."""
    steps = plain_path(text)
    if steps is not None:
        return tuple(Segment((ANY if step is None else step,), descends) for step, descends in steps)
    from jsonpath import JSONPath, JSONPathError
    from jsonpath import compile as compile_path

    try:
        compiled = compile_path(text, strict=True)
    except (JSONPathError, RecursionError) as error:
        raise BadPath(str(error).split("\n", maxsplit=1)[0]) from None
    if not isinstance(compiled, JSONPath):
        raise BadPath("a union of paths is not RFC 9535; write a list of locations")
    segments = [_segment(part) for part in compiled.segments]
    simple = tuple(segment for segment in segments if segment is not None)
    return simple if len(simple) == len(segments) else Query(text, compiled)


def _segment(part: Any) -> Segment | None:
    from jsonpath.segments import JSONPathRecursiveDescentSegment
    from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

    choices: list[str | int] = []
    for selector in part.selectors:
        if isinstance(selector, NameSelector):
            choices.append(selector.name)
        elif isinstance(selector, WildcardSelector):
            choices.append(ANY)
        elif isinstance(selector, IndexSelector) and selector.index >= 0:
            choices.append(selector.index)
        else:
            return None
    return Segment(tuple(choices), isinstance(part, JSONPathRecursiveDescentSegment))


def widened(path: Pattern | Query) -> Pattern:
    """A pattern that names all that the path can name: whatever needs a document to be told is any step."""
    if not isinstance(path, Query):
        return path
    return tuple(_segment(part) or _any(part) for part in path.compiled.segments)


def _any(part: Any) -> Segment:
    from jsonpath.segments import JSONPathRecursiveDescentSegment

    return Segment((ANY,), isinstance(part, JSONPathRecursiveDescentSegment))


def at(root: Node, path: Path) -> Node:
    """The value at a concrete path; KeyError when it is not there."""
    node = root
    for step in path:
        node = child(node, step)
    return node


def child(node: Node, step: str | int) -> Node:
    """One step down; KeyError when it is not there."""
    if isinstance(node, dict) and isinstance(step, str) and step in node:
        return node[step]
    if isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
        return node[step]
    raise KeyError(step)


def places(root: Node, pattern: Pattern) -> Iterator[tuple[Path, tuple[str | int, ...]]]:
    """Every place a pattern without descendant segments names, with what its wildcards stood for."""
    stack: list[tuple[Node, int, Path, tuple[str | int, ...]]] = [(root, 0, (), ())]
    while stack:
        node, depth, path, bound = stack.pop()
        if depth == len(pattern):
            yield path, bound
            continue
        segment = pattern[depth]
        wild = ANY in segment.choices
        for step, child in _children(node):
            if segment.takes(step):
                stack.append((child, depth + 1, (*path, step), (*bound, step) if wild else bound))


def _children(node: Node) -> Iterator[tuple[str | int, Node]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)
