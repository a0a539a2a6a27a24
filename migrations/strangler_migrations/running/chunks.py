"""How large the next range is: a rate that forgets slowly, held to a time per range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

_SMALLEST: Final = 100
_LARGEST: Final = 200_000
_FIRST: Final = 1_000
_WEIGHT: Final = 0.5
"""Of the latest range, in the average of rows per second."""
_GROWTH: Final = 4
"""A range is at most this many times the one before: one lucky range must not make a long one."""


@dataclass(frozen=True, slots=True)
class Pacer:
    """`target_s` per range; `max_rate` rows and `max_wal` bytes of WAL per second, None: as fast as it goes."""

    target_s: float = 0.25
    max_rate: int | None = None
    max_wal: int | None = None
    rows: int = _FIRST
    rate: float | None = None
    """Rows per second, a decaying average."""

    def after(self, rows: int, seconds: float, wal: int = 0) -> Pacer:
        """With what a range of so many rows took, and the bytes of WAL written meanwhile."""
        if rows <= 0 or seconds <= 0:
            return self
        now = rows / seconds
        rate = now if self.rate is None else _WEIGHT * now + (1 - _WEIGHT) * self.rate
        wanted = min(int(rate * self.target_s), self.rows * _GROWTH, _LARGEST)
        if self.max_rate is not None:
            wanted = min(wanted, self.max_rate)
        if self.max_wal is not None and wal > 0:
            # A second's worth at most: what is written at once has to be taken at once.
            wanted = min(wanted, self.max_wal * rows // wal)
        return replace(self, rate=rate, rows=max(wanted, min(_SMALLEST, self.max_rate or _SMALLEST)))

    def pause(self, rows: int, seconds: float) -> float:
        """Seconds to wait after a range, so that `max_rate` holds."""
        return 0.0 if self.max_rate is None else max(0.0, rows / self.max_rate - seconds)

    def owed(self, wal: int, seconds: float) -> float:
        """Seconds to wait, when so many bytes of WAL were written in so many seconds, so that `max_wal` holds."""
        return 0.0 if self.max_wal is None else wal / self.max_wal - seconds
