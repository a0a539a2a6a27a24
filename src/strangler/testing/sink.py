"""A local socket that takes frames and keeps them: stands where the shadow worker stands."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from strangler.testing.background import Background
from strangler.testing.listener import Listener

LOOK_SECONDS: Final = 0.01


class Frames[T](Protocol):
    """Takes bytes, gives frames as they are whole."""

    def feed(self, data: bytes) -> Iterator[T]:
        """The frames that `data` completes."""
        ...


class FrameSink[T](Listener):
    """Listens on a unix socket. `frames`: makes a reader for one connection. `reading` cleared: takes nothing.

    `stop` and `start` are a worker killed and started again; what was taken stays.
    """

    def __init__(self, path: Path, frames: Callable[[], Frames[T]], background: Background) -> None:
        super().__init__(background)
        self._path = path
        self._frames = frames
        self._lock = threading.Lock()
        self._taken: list[T] = []
        self._reading = asyncio.Event()
        self._reading.set()
        self.start()

    @property
    def taken(self) -> list[T]:
        """Every frame so far."""
        with self._lock:
            return list(self._taken)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._taken.clear()

    def wait[F](self, look: Callable[[list[T]], F | None], seconds: float = 40) -> F:
        """Until `look` finds something (neither None nor False) in the frames so far. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            frames = self.taken
            found = look(frames)
            if found is not None and found is not False:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"not in {len(frames)} frames, the last: {frames[-1:]!r}")
            time.sleep(LOOK_SECONDS)

    def hold(self) -> None:
        """Read nothing, as a worker that is stuck."""
        self._background.loop.call_soon_threadsafe(self._reading.clear)

    def go_on(self) -> None:
        """Read again."""
        self._background.loop.call_soon_threadsafe(self._reading.set)

    async def _bind(self) -> asyncio.Server:
        self._path.unlink(missing_ok=True)
        return await asyncio.start_unix_server(self._accept, str(self._path))

    async def _cut(self) -> None:
        await super()._cut()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = self._frames()
        while not writer.is_closing():
            await self._reading.wait()
            data = await reader.read(1 << 16)
            if not data:
                return
            found = list(frames.feed(data))
            with self._lock:
                self._taken += found
