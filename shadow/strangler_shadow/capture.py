"""What a plane hands to the worker: a queue bounded by count and bytes, and the task that empties it.

The plane never waits for the worker. An exchange gets its `seq` the moment it is whole; from then on it is either
written to the worker's socket or counted in `dropped`. What was written and never read (a killed worker) is a gap,
which the worker's successor sees and counts: recorded + dropped + gaps = sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import Counter, deque
from collections.abc import Callable

from strangler.exchange import Exchange, Origin
from strangler_shadow.settings import PlaneSettings
from strangler_shadow.wire import Captured, Counts, Goodbye, Heartbeat, Hello, encode

_log = logging.getLogger(__name__)

OVERHEAD = 512
"""Bytes an exchange is reckoned to take besides its bodies."""
_BATCH = 64
_BACKOFF = (0.05, 0.1, 0.2, 0.5, 1.0)


class Tally:
    """A plane's counters since its boot. Plain and cumulative; `counts` is the picture of a moment."""

    def __init__(self) -> None:
        self.sent = 0
        self.dropped: Counter[str] = Counter()
        self.uncaptured: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._served: dict[str, list[int]] = {}

    def serve(self, route: str, kind: int) -> None:
        """One more request of `route` answered: 0 by legacy, 1 by the candidate, 2 by legacy in its place."""
        served = self._served.get(route)
        if served is None:
            served = self._served[route] = [0, 0, 0]
        served[kind] += 1

    def counts(self) -> Counts:
        """A copy, ready to be sent."""
        return Counts(
            sent=self.sent,
            dropped=dict(self.dropped),
            uncaptured=dict(self.uncaptured),
            served={
                route: (legacy, candidate, fallback)
                for route, (legacy, candidate, fallback) in self._served.items()
            },
            refused=dict(self.refused),
        )


class CaptureQueue:
    """Exchanges on their way to the worker, bounded by count and by bytes; bodies still being read count too."""

    def __init__(self, settings: PlaneSettings, tally: Tally) -> None:
        self._plane, self._boot = settings.plane, settings.boot
        self._limit, self._limit_bytes = settings.queue, settings.queue_bytes
        self._tally = tally
        self._waiting: deque[tuple[Exchange, int]] = deque()
        self.bytes = 0
        self.reading = 0
        self.connected = False
        self.arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def reserve(self, size: int) -> bool:
        """Room for `size` more bytes of a body being read; give them back with `release`."""
        if self.bytes + self.reading + size > self._limit_bytes:
            return False
        self.reading += size
        return True

    def release(self, size: int) -> None:
        """The body is whole, or given up."""
        self.reading -= size

    def next_origin(self) -> Origin:
        """The name of the next exchange: from here on it is recorded, dropped and counted, or a gap."""
        self._tally.sent += 1
        return Origin(self._plane, self._boot, self._tally.sent)

    def put(self, exchange: Exchange, size: int) -> bool:
        """Queue it, or count it as dropped."""
        if len(self._waiting) >= self._limit or self.bytes + size > self._limit_bytes:
            self.drop()
            return False
        self._waiting.append((exchange, size))
        self.bytes += size
        self.arrived.set()
        return True

    def drop(self, count: int = 1) -> None:
        """Count exchanges that got a `seq` and will not be sent."""
        self._tally.dropped["queue-full" if self.connected else "worker-away"] += count

    def take(self) -> Exchange | None:
        """The oldest, or None."""
        if not self._waiting:
            self.arrived.clear()
            return None
        exchange, size = self._waiting.popleft()
        self.bytes -= size
        return exchange


class Sender:
    """Keeps a connection to the worker: Hello first, then exchanges and heartbeats, Goodbye last."""

    def __init__(
        self,
        settings: PlaneSettings,
        queue: CaptureQueue,
        tally: Tally,
        *,
        generation: Callable[[], int],
        now_ns: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._tally = tally
        self._generation = generation
        self._now_ns = now_ns
        self._writer: asyncio.StreamWriter | None = None
        self._stopping = False

    async def run(self) -> None:
        """Connect, send, connect again; until cancelled or stopped."""
        failures = 0
        while not self._stopping:
            try:
                reader, writer = await asyncio.open_unix_connection(self._settings.worker)
            except OSError as error:
                if failures == 0:
                    _log.warning(
                        "the worker is away (%s); exchanges wait, then are dropped and counted", error
                    )
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1
                continue
            failures = 0
            await self._serve(reader, writer)

    async def stop(self, seconds: float) -> None:
        """Send what waits, at most for `seconds`, then Goodbye; the rest is counted as dropped."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._queue and self._writer is not None:  # noqa: ASYNC110  two conditions, once at the end
                    await asyncio.sleep(0.005)
        left = 0
        while self._queue.take() is not None:
            left += 1
        if left:
            self._queue.drop(left)
        if self._writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    self._writer.write(encode(Goodbye(self._now_ns(), self._tally.counts())))
                    await self._writer.drain()
                    self._writer.close()
                    await self._writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        settings = self._settings
        writer.write(
            encode(Hello(settings.plane, settings.boot, os.getpid(), self._now_ns(), self._tally.counts()))
        )
        self._writer, self._queue.connected = writer, True
        beat = asyncio.create_task(self._beat(writer))
        # The worker answers nothing: whatever ends this read is the end of the connection.
        gone = asyncio.create_task(reader.read())
        send = asyncio.create_task(self._send(writer))
        try:
            await asyncio.wait((gone, send), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writer, self._queue.connected = None, False
            for task in (beat, gone, send):
                task.cancel()
            await asyncio.gather(beat, gone, send, return_exceptions=True)
            writer.transport.abort()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._queue.arrived.wait()
            for _ in range(_BATCH):
                exchange = self._queue.take()
                if exchange is None:
                    break
                writer.write(encode(Captured(exchange)))
            await writer.drain()
            # Requests come first: a full queue must not starve the sockets.
            await asyncio.sleep(0)

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_ms / 1000)
            writer.write(
                encode(
                    Heartbeat(
                        self._now_ns(),
                        self._generation(),
                        len(self._queue),
                        self._queue.bytes,
                        self._tally.counts(),
                    )
                )
            )
