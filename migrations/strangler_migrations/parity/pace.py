"""How many rows the next range takes, so that it takes about the time wanted: a decaying average of the rate."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST = 20_000
_LEAST, _MOST = 1_000, 20_000_000
_KEPT = 0.6
"""What the past weighs against the range just done."""
_GROWTH = 8


@dataclass(slots=True)
class Pace:
    """`target`: seconds a range should take. `rate`: rows per second, 0 as long as nothing is known."""

    target: float
    rate: float = 0.0
    last: int = 0

    def took(self, rows: int, seconds: float) -> None:
        """A range of so many rows is done."""
        now = max(rows, 1) / max(seconds, 1e-6)
        self.rate = now if not self.rate else _KEPT * self.rate + (1 - _KEPT) * now
        self.last = max(rows, _LEAST)

    def rows(self) -> int:
        """For the next range; in thousands, and no more than several times the last."""
        if not self.rate:
            return _FIRST
        wanted = min(int(self.rate * self.target), self.last * _GROWTH, _MOST)
        return max(_LEAST, wanted // 1_000 * 1_000)
