"""Writes what was judged, in batches, from a thread of its own; survives a ledger that is locked, full or away.

A difference is written at once, everything else within a quarter of a second or when a batch is full. While the
ledger is away the buffer grows to its bound; then the oldest go, counted, and the count is written when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from strangler.errors import StranglerError
from strangler.exchange import Origin
from strangler.ledger.facts import Fact
from strangler.ledger.settled import Item, Loss
from strangler_shadow.worker.book import Book, Page
from strangler_shadow.worker.splits import Splits
from strangler_shadow.worker.streams import Streams

_log = logging.getLogger(__name__)

BATCH: Final = 1_000
INTERVAL: Final = 0.25
_BACKOFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0)

type LossKey = tuple[str, str, str, str, str]
"""Reason, plane, boot, route, digest of the epoch."""


@dataclass(slots=True)
class Buffer:
    """What waits to be written, bounded by count and by bytes; over it the oldest go and are counted."""

    limit: int
    limit_bytes: int
    waiting: deque[tuple[Item, int]] = field(default_factory=deque)
    bytes: int = 0
    losses: Counter[LossKey] = field(default_factory=Counter)

    def put(self, settled: Item, size: int) -> None:
        """Add one, at the cost of the oldest."""
        self.waiting.append((settled, size))
        self.bytes += size
        self._bound()

    def lose(self, reason: str, origin: Origin, route: str = "", epoch: str = "") -> None:
        """Count what will never be recorded."""
        self.losses[reason, origin.plane, origin.boot, route, epoch] += 1

    def take(self, count: int) -> tuple[list[Item], Counter[LossKey]]:
        """The oldest, and all losses; they are the caller's to write."""
        batch: list[Item] = []
        while self.waiting and len(batch) < count:
            settled, size = self.waiting.popleft()
            self.bytes -= size
            batch.append(settled)
        losses, self.losses = self.losses, Counter()
        return batch, losses

    def _bound(self) -> None:
        while self.waiting and (len(self.waiting) > self.limit or self.bytes > self.limit_bytes):
            settled, size = self.waiting.popleft()
            self.bytes -= size
            self.lose("ledger", settled.origin, settled.route, settled.epoch.digest)


class Writer:
    """The task that empties the buffer. `book` does the writing, in the thread."""

    def __init__(
        self, buffer: Buffer, streams: Streams, book: Book, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.buffer = buffer
        self.problem = ""
        self.splits = Splits()
        self._streams = streams
        self._book = book
        self._now_ns = now_ns
        self._facts: dict[tuple[str, str], Fact] = {}
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._stopping = False
        self._page: Page | None = None

    def put(self, settled: Item, size: int) -> None:
        """Hand over a judged exchange; `size`: bytes it takes in memory."""
        self.buffer.put(settled, size)
        if settled.findings or len(self.buffer.waiting) >= BATCH:
            self._wake.set()

    def state(self, fact: Fact) -> None:
        """Publish a fact with the next flush."""
        self._facts[fact.kind, fact.subject] = fact

    @property
    def stopping(self) -> bool:
        """Whether nothing more may be run in the ledger's thread."""
        return self._stopping

    @property
    def pending(self) -> int:
        """Judged exchanges that are not written yet."""
        return len(self.buffer.waiting) + (len(self._page.batch) if self._page else 0)

    async def run(self) -> None:
        """Write until cancelled, or until `stop`."""
        failures = 0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._wake.wait()
            self._wake.clear()
            if self._stopping:
                return
            failures = 0 if await self._flush() else failures + 1
            if failures:
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF)) - 1])

    async def call[R](self, job: Callable[[], R]) -> R:
        """Run something in the ledger's thread, between two pages."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    async def stop(self, seconds: float) -> bool:
        """Write what is left, for so long at most; whether everything was written."""
        self._stopping = True
        self._wake.set()
        done = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (done := await self._flush() and not self.pending):  # noqa: ASYNC110  the ledger tells nobody that it is back
                    await asyncio.sleep(0.05)
        await asyncio.to_thread(self._thread.shutdown)
        self._book.close()
        return done

    async def _flush(self) -> bool:
        """Write the page at hand, or the next one; the same page until it is written."""
        async with self._writing:
            return await self._flush_page()

    async def _flush_page(self) -> bool:
        self._streams.bury(self._now_ns())
        page = self._page = self._page or self._next_page()
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._book.write, page)
        except StranglerError as error:
            if not self.problem:
                _log.warning("the ledger cannot be written; what is judged meanwhile waits: %s", error)
            self.problem = str(error)
            return False
        self._page = None
        if self.problem:
            _log.warning("the ledger is back; %d exchanges wait", len(self.buffer.waiting))
            self.problem = ""
        self._written(page)
        return True

    def _written(self, page: Page) -> None:
        for key, count in page.counts().items():
            stream = self._streams.known.get(key)
            if stream is not None:
                stream.flushed += count
        self._streams.forget()
        if len(self.buffer.waiting) >= BATCH:
            self._wake.set()

    def _next_page(self) -> Page:
        batch, losses = self.buffer.take(BATCH)
        reports, reckonings = self._streams.take()
        sightings, requests = self.splits.take()
        facts = list(self._facts.values())
        self._facts.clear()
        return Page(
            batch=batch,
            losses=[
                Loss(reason, n, plane, boot, route, epoch)
                for (reason, plane, boot, route, epoch), n in losses.items()
            ],
            reports=reports,
            reckonings=reckonings,
            facts=facts,
            flushed={key: stream.flushed for key, stream in self._streams.known.items()},
            now_ns=self._now_ns(),
            sightings=sightings,
            requests=requests,
        )
