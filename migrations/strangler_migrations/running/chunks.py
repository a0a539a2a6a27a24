"""How large the next range is: a rate that forgets slowly, held to a time per range. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

_SMALLEST: Final = 100
_LARGEST: Final = 200_000
_FIRST: Final = 1_000
_WEIGHT: Final = 0.5
"""Of the latest range, in the average of rows per second."""
_REST_WEIGHT: Final = 0.2
"""Of the latest look, in the average of sessions at work."""
_GROWTH: Final = 4
"""A range is at most this many times the one before: one lucky range must not make a long one."""


@dataclass(frozen=True, slots=True)
class Pacer:
    """`target_s` per range; `max_rate` rows and `max_wal` bytes of WAL per second, None: as fast as it goes.
    `yields`: beside others at work it rests after each range for as long as that took, and less where they are seldom.
    """

    target_s: float = 0.05
    max_rate: int | None = None
    max_wal: int | None = None
    yields: bool = True
    rows: int = _FIRST
    rate: float | None = None
    """Rows per second, a decaying average."""
    others: float = 0.0
    """Other sessions at work, a decaying average; of each look, one counts."""

    def after(self, rows: int, seconds: float, wal: int = 0, others: int = 0) -> Pacer:
        """With what a range of so many rows took, the bytes of WAL written meanwhile, and the sessions at work."""
        if rows <= 0 or seconds <= 0:
            return self
        busy = _REST_WEIGHT * min(others, 1) + (1 - _REST_WEIGHT) * self.others
        now = rows / seconds
        rate = now if self.rate is None else _WEIGHT * now + (1 - _WEIGHT) * self.rate
        wanted = min(int(rate * self.target_s), self.rows * _GROWTH, _LARGEST)
        if self.max_rate is not None:
            wanted = min(wanted, self.max_rate)
        if self.max_wal is not None and wal > 0:
            # A second's worth at most: what is written at once has to be taken at once.
            wanted = min(wanted, self.max_wal * rows // wal)
        least = min(_SMALLEST, self.max_rate or _SMALLEST)
        return replace(self, rate=rate, rows=max(wanted, least), others=busy)

    @property
    def rests_for(self) -> float:
        """Other sessions at work to rest for, on average."""
        return self.others if self.yields else 0.0

    def pause(self, rows: int, seconds: float) -> float:
        """Seconds to wait after a range, so that `max_rate` holds and others get their turn."""
        rest = seconds * self.rests_for
        return rest if self.max_rate is None else max(rest, rows / self.max_rate - seconds)

    def owed(self, wal: int, seconds: float) -> float:
        """Seconds to wait, when so many bytes of WAL were written in so many seconds, so that `max_wal` holds."""
        return 0.0 if self.max_wal is None else wal / self.max_wal - seconds
