"""The next range of keys, and how it is cut into buckets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from strangler_migrations.parity.descent import BUCKET
from strangler_migrations.parity.model import Grid, Key, Range
from strangler_migrations.parity.together import Together

_PART: Final = 16_384
"""Rows that are read for one sum."""
_PARTS: Final = 48


@dataclass(slots=True)
class Ranges:
    """Cuts the keys of both sides into ranges. Over whole numbers it reckons; else the left side counts rows off.

    `ordered`: both sides can read in the key's order. Where one cannot, every range would cost it a look at all of its
    rows, so there is one range, and no resuming in between.
    """

    sides: Together
    whole: bool
    ordered: bool
    total: int
    _ends: tuple[int, int] | None = field(default=None)

    def begin(self) -> None:
        """Look at the ends, in the snapshot there is now."""
        if not self.whole:
            return
        ends = [each for each in self.sides.ask(lambda side: side.extremes()) if each is not None]
        self._ends = (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None

    def following(self, low: Key | None, rows: int) -> tuple[Range, Grid]:
        """The range from `low` on, of about so many rows."""
        if self.whole:
            return self._reckoned(low, rows)
        if not self.ordered:
            step = max(BUCKET, self.total // 2_000)
            cuts = self.sides.left.cuts(Range(low), None, step)
            return Range(low), Grid(cuts=_distinct(cuts, low))
        cuts = self.sides.left.cuts(Range(low), rows, _step(rows))
        keys = _distinct(cuts, low)
        if keys and cuts[-1][0] == rows + 1:
            return Range(low, keys[-1]), Grid(cuts=keys[:-1], apart=True)
        return Range(low), Grid(cuts=keys, apart=True)

    def _reckoned(self, low: Key | None, rows: int) -> tuple[Range, Grid]:
        if self._ends is None:
            return Range(low), Grid(cuts=())
        first = self._ends[0] if low is None else int(low[0])
        span = max(1, self._ends[1] - first + 1)
        if not self.ordered:
            return Range(low), Grid(shift=_shift(span, self.total))
        width = max(1, min(span, span * rows // max(self.total, rows, 1)))
        width, expected = self._fitted(first, width, span, rows)
        high = None if width >= span else (str(first + width),)
        step = max(1, width * _PART // max(expected, 1), -(-width // _PARTS))
        cuts = tuple((str(key),) for key in range(first + step, first + width, step))
        return Range(low, high), Grid(cuts=cuts, apart=True)

    def _fitted(self, first: int, width: int, span: int, rows: int) -> tuple[int, int]:
        """Ids have gaps and crowds; the planner's histogram knows them."""
        expected = self._expected(first, width)
        for _ in range(64):
            if expected > 2 * rows and width > 1:
                width //= 2
            elif expected < rows // 2 and width < span:
                wider = min(span, width * 2)
                if self._expected(first, wider) > 2 * rows:
                    break
                width = wider
            else:
                break
            expected = self._expected(first, width)
        return width, expected

    def _expected(self, first: int, width: int) -> int:
        within = Range((str(first),), (str(first + width),))
        left, right = self.sides.ask(lambda side: side.estimated(within))
        return max(1, left, right)


def _step(rows: int) -> int:
    """A divisor of the rows, so that the last cut is where the range ends."""
    parts = max(1, min(_PARTS, rows // _PART))
    while rows % parts:
        parts -= 1
    return rows // parts


def _shift(width: int, rows: int) -> int:
    return min(62, max(0, (BUCKET * width // max(rows, 1)).bit_length() - 1))


def _distinct(cuts: list[tuple[int, Key]], low: Key | None) -> tuple[Key, ...]:
    return tuple(key for key in dict.fromkeys(key for _, key in cuts) if key != low)
