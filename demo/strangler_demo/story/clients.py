"""The customers of the demo: traffic that goes on in the background, and what they notice.

They notice who answered (only the candidate stamps its version on its answers), whether an answer was refused,
and whether a customer who was once moved to the candidate ever came back during a widening.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from strangler_demo.load import Answered, Tally, send
from strangler_demo.pace import Pace
from strangler_demo.traffic import Call


@dataclass(slots=True)
class Watched:
    """What the customers saw since the last look. `candidate`: answers the candidate gave, newest last, bounded."""

    limit: int = 20_000
    by_candidate: int = 0
    by_legacy: int = 0
    candidate: list[Answered] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    moved_back: Counter[int] = field(default_factory=Counter)

    def note(self, answer: Answered) -> None:
        """Look at one answer."""
        customer = answer.call.customer
        if answer.version is None:
            self.by_legacy += 1
            if customer in self.moved and answer.call.method == "GET":
                self.moved_back[customer] += 1
            return
        self.by_candidate += 1
        self.moved.add(customer)
        if len(self.candidate) < self.limit:
            self.candidate.append(answer)

    def forget(self) -> None:
        """Start anew: a rollback moves everyone back, and that is right."""
        self.by_candidate = self.by_legacy = 0
        self.candidate.clear()
        self.moved.clear()
        self.moved_back.clear()


class Clients:
    """Traffic through the proxy, until stopped. `rate`: requests a second, at most. `also` sees every answer."""

    def __init__(
        self, url: str, calls: Iterator[Call], *, rate: int, also: Callable[[Answered], None] | None = None
    ) -> None:
        self.tally = Tally()
        self.seen = Watched()
        self._also = also
        self._url = url
        self.pace = Pace(rate)
        self._stop = asyncio.Event()
        self._calls = calls
        self._task: asyncio.Task[Tally] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(
            send(
                self._url,
                self._calls,
                pace=self.pace,
                concurrency=24,
                stop=self._stop,
                tally=self.tally,
                watch=self._note,
            )
        )
        return self

    def _note(self, answer: Answered) -> None:
        self.seen.note(answer)
        if self._also is not None:
            self._also(answer)

    async def stop(self) -> None:
        """Send nothing more, and wait for what is under way. May be called again."""
        self._stop.set()
        if self._task is not None:
            await self._task

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
