"""From a range that is compared in one pass down to the keys that differ.

A range is asked for once: rows and sum of hashes for each of its buckets, of about a thousand rows. Only a bucket whose
sums differ is asked for again, key by key; one with far more rows than that is cut once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from strangler_migrations.parity.model import DifferenceKind, Grid, Key, Range, Sums
from strangler_migrations.parity.together import Together

BUCKET: Final = 1_000
_LEAF: Final = 5_000
_DEEPEST: Final = 8
_APART: Final = 64
"""Up to so many parts are read by a scan of the index each; more are told apart row by row."""
_NONE: Final[Sums] = (0, 0)


@dataclass(slots=True)
class Found:
    """What a range came to: rows of both sides, and the keys that differ with how they do."""

    left: int = 0
    right: int = 0
    keys: list[tuple[Key, DifferenceKind]] = field(default_factory=list[tuple[Key, DifferenceKind]])


def look(sides: Together, within: Range, grid: Grid) -> Found:
    """Compare one range. Raises Lost when a side went away; then nothing of it counts."""
    left, right = sides.ask(lambda side: side.sums(within, grid))
    found = Found(sum(n for n, _ in left.values()), sum(n for n, _ in right.values()))
    for bucket in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(bucket, _NONE), right.get(bucket, _NONE)
        if ours != theirs:
            found.keys.extend(_below(sides, grid.part(bucket, within), ours, theirs, 0, apart=grid.apart))
    return found


def _below(
    sides: Together, within: Range, ours: Sums, theirs: Sums, depth: int, *, apart: bool
) -> Iterator[tuple[Key, DifferenceKind]]:
    most = max(ours[0], theirs[0])
    if most > _LEAF and depth < _DEEPEST:
        larger = sides.left if ours[0] >= theirs[0] else sides.right
        cuts = dict.fromkeys(key for _, key in larger.cuts(within, None, max(BUCKET, most // BUCKET)))
        cuts.pop(within.low, None) if within.low is not None else None
        if cuts:
            yield from _cut(sides, within, Grid(cuts=tuple(cuts), apart=apart and len(cuts) <= _APART), depth)
            return
    yield from _by_key(sides, within)


def _cut(sides: Together, within: Range, grid: Grid, depth: int) -> Iterator[tuple[Key, DifferenceKind]]:
    left, right = sides.ask(lambda side: side.sums(within, grid))
    for bucket in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(bucket, _NONE), right.get(bucket, _NONE)
        if ours != theirs:
            yield from _below(sides, grid.part(bucket, within), ours, theirs, depth + 1, apart=grid.apart)


def _by_key(sides: Together, within: Range) -> Iterator[tuple[Key, DifferenceKind]]:
    left, right = sides.ask(lambda side: side.keyed(within))
    for key in left.keys() | right.keys():
        ours, theirs = left.get(key, _NONE), right.get(key, _NONE)
        if ours != theirs:
            yield key, _kind(ours[0], theirs[0])


def _kind(ours: int, theirs: int) -> DifferenceKind:
    if ours > 1 or theirs > 1:
        return "duplicate"
    return "missing" if not theirs else "surplus" if not ours else "changed"
