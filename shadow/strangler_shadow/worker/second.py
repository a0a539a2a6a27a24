"""The referee of live comparisons, off the hot path: a thread of its own, one pair at a time, none waiting.

What comes while it is busy, is too large, or takes it too long is passed over and counted: it is a sample anyway.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec.structs import replace

from strangler.comparison.model import Outcome
from strangler.comparison.referee import Undecided
from strangler.exchange import Response
from strangler.ledger.refereed import Refereed
from strangler_shadow.worker.case import Answered
from strangler_shadow.worker.ground import Yardstick
from strangler_shadow.worker.verdict import referee

_log = logging.getLogger(__name__)

LARGEST: Final = 64 << 10
"""Bytes of both bodies together. DeepDiff takes about two milliseconds a kilobyte, much of it with the lock held."""
LONGEST: Final = 1.0
"""Seconds after which it gives up on a pair."""


class Referee:
    """`tell` is called on the loop with the sums after each pair that was drawn."""

    def __init__(
        self,
        tell: Callable[[Refereed], None],
        now_ns: Callable[[], int] = time.time_ns,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sums = Refereed()
        self._tell, self._now_ns, self._ticks = tell, now_ns, ticks
        self._thread = ThreadPoolExecutor(1, "referee")
        self._task: asyncio.Task[None] | None = None

    def draw(
        self, route: str, legacy: Answered | None, candidate: Answered | None, outcome: Outcome, by: Yardstick
    ) -> None:
        """Let it judge this pair some time soon, if it can."""
        if not isinstance(legacy, Response) or not isinstance(candidate, Response):
            return
        size = len(legacy.message.body or b"") + len(candidate.message.body or b"")
        if size > LARGEST or (self._task is not None and not self._task.done()):
            self._count(replace(self.sums, passed_over=self.sums.passed_over + 1))
            return
        self._task = asyncio.get_running_loop().create_task(
            self._judge(route, legacy, candidate, outcome, by)
        )

    async def _judge(
        self, route: str, legacy: Response, candidate: Response, outcome: Outcome, by: Yardstick
    ) -> None:
        until = self._ticks() + LONGEST
        loop = asyncio.get_running_loop()
        try:
            said = await loop.run_in_executor(
                self._thread, lambda: referee(legacy, candidate, outcome, by, lambda: self._ticks() > until)
            )
        except Undecided:
            self._count(replace(self.sums, passed_over=self.sums.passed_over + 1))
            return
        sums = replace(self.sums, judged=self.sums.judged + 1)
        if said is not None:
            # An alarm about us, not about a side: nothing is decided because of it.
            _log.error("the referee disagrees on a comparison of %s: %s", route, said)
            sums = replace(sums, disagreed=sums.disagreed + 1, route=route, said=said, at_ns=self._now_ns())
        self._count(sums)

    def _count(self, sums: Refereed) -> None:
        self.sums = sums
        self._tell(sums)

    async def finish(self) -> None:
        """Wait for the pair at hand, which takes `LONGEST` at most, so that what it says is still written."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def close(self) -> None:
        """Nothing comes any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
