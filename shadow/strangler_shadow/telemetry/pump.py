"""Spans on their way out: a bounded queue and a thread of its own, so that no collector ever slows a comparison."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

_log = logging.getLogger(__name__)

BATCH: Final = 512
EVERY_S: Final = 1.0


class Pump[Span]:
    """`send` gives whether a batch arrived, and may take long or raise. `sent`, `dropped` (no room), `failed` (the
    collector did not take them): spans so far.
    """

    def __init__(self, send: Callable[[Sequence[Span]], bool], most: int, every_s: float = EVERY_S) -> None:
        self._send, self._most, self._every_s = send, most, every_s
        self._waiting: deque[Span] = deque()
        self._wake = threading.Event()
        self._closed = self._failing = False
        self.sent = self.dropped = self.failed = 0
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._thread.start()

    def put(self, spans: Sequence[Span]) -> None:
        """Queue the spans of one exchange, or count them as dropped. Never waits."""
        if len(self._waiting) + len(spans) > self._most:
            self.dropped += len(spans)
            return
        self._waiting.extend(spans)
        if len(self._waiting) >= BATCH:
            self._wake.set()

    def close(self, seconds: float) -> None:
        """Send what waits, for so long at most; what is left then counts as dropped."""
        self._closed = True
        self._wake.set()
        self._thread.join(seconds)
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._every_s)
            self._wake.clear()
            self._empty()
        self._empty()

    def _empty(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                arrived, why = self._send(batch), "it did not take them"
            except Exception as error:  # noqa: BLE001  a collector's mistake must not end the tracing, and nothing else
                arrived, why = False, f"{type(error).__name__}: {error}"
            if arrived:
                self.sent += len(batch)
            else:
                self.failed += len(batch)
            self._tell(failing=not arrived, why=why)

    def _tell(self, *, failing: bool, why: str) -> None:
        """Once when it begins, once when it ends."""
        if failing and not self._failing:
            _log.warning("the collector of traces is away, spans are lost and counted: %s", why)
        elif self._failing and not failing:
            _log.warning("the collector of traces is back")
        self._failing = failing
