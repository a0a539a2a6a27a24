"""The places that the configuration declares, matched step by step along a path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from strangler.comparison.model import Path
from strangler.comparison.paths import ANY, BadPath, Pattern, Query, Segment, parse
from strangler.errors import UsageError

type Live = tuple[tuple[Pattern, int], ...]
"""Patterns still alive at a place, with how far each has got."""

_HEADER: Final = "header:"


class Declared:
    """JSONPaths into bodies, and header names. Where a path filters or slices, every item counts: rather
    too much is redacted than too little. Raises UsageError for a text that is neither.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self.headers = frozenset(
            field[len(_HEADER) :].strip().lower() for field in fields if field.lower().startswith(_HEADER)
        )
        self.start: Live = tuple(
            (_pattern(field), 0) for field in fields if not field.lower().startswith(_HEADER)
        )

    def at(self, path: Path) -> Live:
        """What is alive at a place of a document."""
        live = self.start
        for step in path:
            live = onward(live, step)
        return live


def onward(live: Live, step: str | int) -> Live:
    """What is alive one step further."""
    out: dict[tuple[Pattern, int], None] = {}
    for pattern, depth in live:
        if depth == len(pattern):
            out[pattern, depth] = None  # everything below a declared place goes with it
            continue
        if pattern[depth].descend:
            out[pattern, depth] = None
        if step == ANY or pattern[depth].takes(step):
            out[pattern, depth + 1] = None
    return tuple(out)


def reached(live: Live) -> bool:
    """Whether this place is declared, or lies under one that is."""
    return any(depth == len(pattern) for pattern, depth in live)


def _pattern(text: str) -> Pattern:
    try:
        found = parse(text)
    except BadPath as error:
        raise UsageError(
            f"{text!r} is no place to redact: {error}",
            where="redaction.fields",
            remedy="an RFC 9535 JSONPath such as $.customer.email, or header:NAME",
        ) from None
    if isinstance(found, Query):
        return tuple(_widened(part) for part in found.compiled.segments)
    return found


def _widened(part: Any) -> Segment:
    from jsonpath.segments import JSONPathRecursiveDescentSegment
    from jsonpath.selectors import IndexSelector, NameSelector

    choices = tuple(
        selector.name
        if isinstance(selector, NameSelector)
        else selector.index
        if isinstance(selector, IndexSelector) and selector.index >= 0
        else ANY
        for selector in part.selectors
    )
    return Segment(choices, isinstance(part, JSONPathRecursiveDescentSegment))
