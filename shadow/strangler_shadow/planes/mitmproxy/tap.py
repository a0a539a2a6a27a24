"""Listening in on a body as it streams through."""

from __future__ import annotations

from typing import Final

from strangler_shadow.capture import CaptureQueue

TOO_LARGE: Final = "too-large"
QUEUE_FULL: Final = "queue-full"
CLOSED: Final = "closed"


class Tap:
    """Called with every piece of a body (and with none at its end); passes it on and keeps a copy, up to `limit`.

    `spoiled` says why there is no copy: over the limit, or no room left in the queue.
    """

    __slots__ = ("_limit", "_pieces", "_queue", "size", "spoiled")

    def __init__(self, queue: CaptureQueue, limit: int) -> None:
        self._queue = queue
        self._limit = limit
        self._pieces: list[bytes] = []
        self.size = 0
        self.spoiled = ""

    def __call__(self, data: bytes) -> bytes:
        """Pass `data` on."""
        size = len(data)
        if size and not self.spoiled:
            if self.size + size > self._limit:
                self._spoil(TOO_LARGE)
            elif not self._queue.reserve(size):
                self._spoil(QUEUE_FULL)
            else:
                self._pieces.append(data)
                self.size += size
        return data

    def _spoil(self, why: str) -> None:
        self.spoiled = why
        self.close()

    def body(self) -> bytes:
        """The copy."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def close(self) -> None:
        """Give the room back; what still streams through is not kept."""
        self.spoiled = self.spoiled or CLOSED
        self._queue.release(self.size)
        self._pieces.clear()
        self.size = 0
