"""Where a difference stands in what was sent, in words: `page 2, line 14`, `row 7`."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from strangler.comparison.model import Decoded, Difference


def with_sources(found: Iterable[Difference], left: Decoded, right: Decoded) -> list[Difference]:
    """With what the decoders know of their places: legacy's, or the candidate's of what legacy does not have."""
    return [structs.replace(each, where=_where(each, left, right)) for each in found]


def _where(difference: Difference, left: Decoded, right: Decoded) -> str:
    """Of the place itself, else of what it stands in."""
    path = difference.location.path
    known = right.where if difference.kind == "extra" else left.where
    return next((known[path[:size]] for size in range(len(path), 0, -1) if path[:size] in known), "")
