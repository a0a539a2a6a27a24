"""A clock that stands still until it is told to move."""

from __future__ import annotations

from typing import Final

SECOND: Final = 1_000_000_000


class FakeClock:
    """Call it for Unix nanoseconds, as `time.time_ns`."""

    def __init__(self, now_ns: int = 1_700_000_000 * SECOND) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """The time now."""
        return self.now_ns

    def advance(self, seconds: int = 0, *, milliseconds: int = 0) -> int:
        """Move on (or back, with a negative number); the time then."""
        self.now_ns += seconds * SECOND + milliseconds * 1_000_000
        return self.now_ns
