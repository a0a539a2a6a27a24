"""A recording, asked again: its safe requests go to the candidate, with the worker's limits and comparison.

What legacy answered is in the recording, or legacy is asked too, live; then a difference is asked again on both sides,
as the worker does. Once a side has failed so often in a row that the breaker opens, nothing more is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from strangler.comparison.model import Outcome
from strangler.comparison.noise import Finding
from strangler.config.systems import Worker
from strangler.exchange import Failure, Request, Response, Side
from strangler_shadow.settings import SideSettings
from strangler_shadow.worker.ask import Asker, Limits
from strangler_shadow.worker.case import Answered
from strangler_shadow.worker.ground import Yardstick
from strangler_shadow.worker.limits import Guard
from strangler_shadow.worker.verdict import Second, again, judged

type Skipped = Literal["breaker", "unanswered"]
"""Not asked, since a side stopped answering; no answer in the recording."""


@dataclass(frozen=True, slots=True)
class Question:
    """A safe request that is to be asked. `recorded`: legacy's answer then; not needed where legacy is asked.

    `strata`: labels and values that stand in the request.
    """

    name: str
    route: str
    request: Request
    recorded: Response | None
    yardstick: Yardstick
    strata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question, and the answers that it is told from.

    `live`: legacy's is of now. `first`: the outcome before both sides were asked again; `noise` is what that showed.
    """

    question: Question
    outcome: Outcome | Skipped
    legacy: Answered | None = None
    candidate: Answered | None = None
    live: bool = False
    first: Outcome | None = None
    noise: tuple[Finding, ...] = ()


@asynccontextmanager
async def askers(
    sides: Mapping[Side, SideSettings], timeout_ms: int, body: int
) -> AsyncGenerator[dict[Side, Asker]]:
    """Of each side given; closed in the end. Raises UsageError (a CA file)."""
    made: dict[Side, Asker] = {}
    try:
        for side, settings in sides.items():
            made[side] = Asker(settings, Limits(timeout_ms, body), "strangler-replay")
        yield made
    finally:
        for asker in made.values():
            await asker.close()


class Replay:
    """`sides`: the candidate, and legacy where it is asked live. `limits` as for the worker."""

    def __init__(
        self,
        sides: Mapping[Side, Asker],
        limits: Worker,
        *,
        ticks_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._sides, self._limits, self._ticks_ns = sides, limits, ticks_ns
        self._guard = Guard(limits)
        self._stopped = False

    async def run(self, questions: Iterable[Question], told: Callable[[Asked], None]) -> None:
        """Ask them all, as many at once as the limits allow; `told` is called as they are done."""
        waiting: Iterator[Question] = iter(questions)

        async def work() -> None:
            for question in waiting:
                told(await self._one(question))

        async with asyncio.TaskGroup() as group:
            for _ in range(self._limits.concurrency):
                group.create_task(work())

    async def _one(self, question: Question) -> Asked:
        live = "legacy" in self._sides
        if not live and question.recorded is None:
            return Asked(question, "unanswered")
        while not self._stopped and (wait := self._guard.wait(self._ticks_ns())):  # noqa: ASYNC110  time gives tokens
            await asyncio.sleep(wait / 1e9)
        if self._stopped:
            return Asked(question, "breaker")
        legacy, candidate = await self._ask(question)
        outcome = judged(legacy, candidate, question.yardstick)
        if outcome.verdict != "different" or not live:
            return Asked(question, outcome, legacy, candidate, live)
        await asyncio.sleep(self._limits.reask / 1000)
        second = Second(*await self._ask(question))
        settled, noise = again(outcome, "legacy", (legacy, candidate), second, question.yardstick)
        return Asked(question, settled, legacy, candidate, live, outcome, noise)

    async def _ask(self, question: Question) -> tuple[Answered, Answered]:
        """Legacy's answer and the candidate's."""
        if question.recorded is not None and "legacy" not in self._sides:
            return question.recorded, await self._side("candidate", question.request)
        legacy, candidate = await asyncio.gather(
            self._side("legacy", question.request), self._side("candidate", question.request)
        )
        return legacy, candidate

    async def _side(self, side: Side, request: Request) -> Answered:
        answered: Response | Failure = await self._sides[side].ask(request)
        self._guard.heard(side, answered, self._ticks_ns())
        if self._guard.breakers[side].state != "closed":
            self._stopped = True
        return answered
