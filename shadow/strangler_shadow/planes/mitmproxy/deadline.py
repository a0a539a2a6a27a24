"""The time a side has for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from strangler_shadow.planes.mitmproxy.link import LAG_SECONDS
from strangler_shadow.planes.mitmproxy.signals import Overdue


class Deadline:
    """One at a time: a new one takes the old one's place."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[Overdue], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float, event: Overdue) -> None:
        """Call `expired` with `event` in that time; 0 s is no deadline."""
        self.clear()
        if seconds:
            self._at(self._loop.time() + seconds, event)

    def clear(self) -> None:
        """No deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _at(self, due: float, event: Overdue) -> None:
        self._timer = self._loop.call_at(due, self._look, due, event)

    def _look(self, due: float, event: Overdue) -> None:
        if self._loop.time() - due > LAG_SECONDS:
            # We are late ourselves: the answer may have come, and wait to be read.
            self._at(self._loop.time() + LAG_SECONDS, event)
            return
        self._timer = None
        self._expired(event)
