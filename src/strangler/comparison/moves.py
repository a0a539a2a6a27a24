"""`rename`, compiled: where the candidate has a field, and where legacy has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strangler.comparison.paths import BadPath, Pattern, Query, parse

if TYPE_CHECKING:
    from strangler.config.rules import Rename


@dataclass(frozen=True, slots=True)
class Moved:
    """A `rename`: where the candidate has the field, and where legacy has it."""

    digest: str
    legacy: Pattern
    candidate: Pattern


def moved(rule: Rename, digest: str) -> Moved:
    """Raises BadPath where a location is more than names, positions and wildcards."""
    sides: list[Pattern] = []
    for text in (rule.rename, rule.to):
        path = parsed(text)
        if isinstance(path, Query) or any(s.descend or len(s.choices) != 1 for s in path) or not path:
            raise BadPath(f"{text!r} cannot be renamed: use names, positions and [*] only")
        sides.append(path)
    legacy, candidate = sides
    if _wildcards(legacy) != _wildcards(candidate):
        raise BadPath(f"{rule.rename!r} and {rule.to!r} need the same number of wildcards")
    return Moved(digest, legacy, candidate)


def _wildcards(pattern: Pattern) -> int:
    return sum(segment.choices == (-1,) for segment in pattern)


def parsed(text: str) -> Pattern | Query:
    """A location in a body. Raises BadPath, which quotes it."""
    try:
        return parse(text)
    except BadPath as error:
        raise BadPath(f"{text!r} is not a location: {error}") from None
