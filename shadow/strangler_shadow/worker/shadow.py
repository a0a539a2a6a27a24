"""One exchange after the other: the other side is asked, both answers are compared, a difference is asked again."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from msgspec.structs import replace

from strangler.comparison.failures import failed
from strangler.comparison.learning.evidence import Learned
from strangler.comparison.model import Outcome
from strangler.comparison.observations import Observations
from strangler.exchange import Exchange, Failure, Response, Side
from strangler.numbers import Sighting
from strangler_shadow.logs import EXCHANGE
from strangler_shadow.worker import tracing
from strangler_shadow.worker.ask import Asker
from strangler_shadow.worker.case import Answered, Case, size_of
from strangler_shadow.worker.ground import Ground
from strangler_shadow.worker.learning import Learners, evidence, sight_of
from strangler_shadow.worker.limits import Guard
from strangler_shadow.worker.marks import answered
from strangler_shadow.worker.memory import OVERHEAD
from strangler_shadow.worker.numbers import SIGHTING, drawn, read
from strangler_shadow.worker.patience import Probed, behind, hopeless
from strangler_shadow.worker.queue import CaseQueue
from strangler_shadow.worker.second import Referee
from strangler_shadow.worker.settling import known_pairs, settled, settled_size
from strangler_shadow.worker.shown import Shown
from strangler_shadow.worker.streams import Stream, Streams
from strangler_shadow.worker.verdict import Second, again, judged, twin
from strangler_shadow.worker.version import VersionSource
from strangler_shadow.worker.writer import Writer

_log = logging.getLogger(__name__)

HEAVY: Final = 256 << 10
"""Bytes from which a comparison leaves the loop: it may take longer than a heartbeat."""
_LOOK_AGAIN: Final = 0.25
"""Seconds between two looks at the lag; the probe is asked once a second."""


class Shadow:
    """Everything between a plane's exchange and the ledger's buffer. `ground` and `askers` are replaced whole."""

    def __init__(
        self,
        ground: Ground,
        askers: Mapping[Side, Asker],
        version: VersionSource,
        streams: Streams,
        writer: Writer,
        lags: Callable[[], Mapping[str, Probed]],
        referee: Referee,
        spans: tracing.Traced | None = None,
        *,
        ticks_ns: Callable[[], int] = time.monotonic_ns,
        now_ns: Callable[[], int] = time.time_ns,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.ground = ground
        self.askers = askers
        self.version = version
        self.guard = Guard(ground.config.worker)
        self.known = Observations()
        self.learners = Learners()
        self.queue = CaseQueue()
        self.referee, self._spans = referee, spans
        self.open = 0
        self._streams = streams
        self._writer = writer
        self._lags = lags
        self._ticks_ns, self._now_ns, self._draw = ticks_ns, now_ns, draw
        self._shown = Shown()
        self._known: tuple[str, int | None] = "", None
        # One at a time: what takes long also takes memory.
        self._heavy = ThreadPoolExecutor(1, "compare")

    def receive(self, stream: Stream, exchange: Exchange) -> None:
        """An exchange from a plane: it comes in, or is shed and counted."""
        self._streams.came(stream, exchange.origin.seq)
        self._writer.splits.saw(exchange)
        known = self.ground.numbers if exchange.watched else self.ground.cutovers
        if exchange.route not in known:
            self._writer.buffer.lose("route-gone", exchange.origin, exchange.route)
            return
        size = size_of(exchange)
        case = Case(exchange, self.ground, size, self._ticks_ns(), self.version.of_answer(None))
        if not self.guard.admit(size):
            self._count_lost(case, "memory")
            return
        if self._spans is not None:
            case.trail = self._spans.begin(exchange)
        self.open += 1
        self.queue.put(case)

    async def run(self) -> None:
        """Work on cases, one at a time, until cancelled. As many of these run as may be asked at once."""
        while True:
            case = await self.queue.get()
            EXCHANGE.set(case.exchange)  # each of these runs in a task of its own
            try:
                await self._next(case)
            except Exception:  # noqa: BLE001
                # Whatever a body does to a decoder or a rule must not end the worker; it is counted and told.
                _log.exception(
                    "an exchange of %s could not be judged; it counts as lost", case.exchange.route
                )
                self._lose(case, "fault")

    async def _next(self, case: Case) -> None:
        if case.exchange.watched:
            await self._watch(case)
        else:
            await (self._first(case) if case.first is None else self._second(case))

    async def _watch(self, case: Case) -> None:
        """Its answer is read for the numbers it drew. Nobody is asked the same: that would draw another one."""
        item = await self._apart(case, drawn, case)
        self._writer.put(item, OVERHEAD + SIGHTING * len(item.numbers))
        self._done(case)

    async def _first(self, case: Case) -> None:
        exchange = case.exchange
        if exchange.fallback is not None:
            case.version = self.version.of_answer(None)
            failure = exchange.fallback
            self._settle(case, failed(failure.reason, blame="candidate", detail=failure.detail))
        elif exchange.response is None:
            case.version = self.version.of_answer(None)
            failure = exchange.failure or Failure("reset")
            self._settle(case, failed(failure.reason, blame=exchange.primary, detail=failure.detail))
        elif exchange.response.message.body is None or exchange.request.message.body is None:
            self._lose(case, "too-large")
        elif self._ticks_ns() - case.arrived > 2_000_000 * case.ground.config.worker.timeout:
            self._lose(case, "late")
        else:
            refusal = self.guard.permit(case.shadow_side, self._ticks_ns())
            if refusal is not None:
                self._lose(case, refusal)
            else:
                await self._shadow(case)

    async def _shadow(self, case: Case) -> None:
        self._known_since()
        asked = self._ticks_ns()
        case.shadow = await self._ask(case.shadow_side, case)
        candidate = case.answer("candidate")
        case.version = self.version.of_answer(candidate)
        case.seen_ns = self._now_ns()
        since = self._known_since()
        overlap = case.ground.config.worker.timeout * 1_000_000
        if isinstance(candidate, Failure) and since is not None and since > asked - overlap:
            # The one that was asked may have been another than the one that answers now, and kept connections lead to
            # it for a while after the first answer of its successor: neither earns this failure.
            self._settle(case, failed("moved", blame=None, detail="deployed anew while it was asked"))
            return
        began = self._now_ns()
        outcome = await self._apart(case, judged, case.answer("legacy"), candidate, case.yardstick)
        if case.trail is not None:
            case.trail.add("compare", began, self._now_ns())
        if self._draw() * 10_000 < case.ground.config.worker.referee:
            self.referee.draw(case.exchange.route, case.answer("legacy"), candidate, outcome, case.yardstick)
        outcome = known_pairs(outcome, self.known, case.ground.redactor)
        if outcome.verdict == "different":
            case.first = outcome
            self._ask_again_later(case)
            return
        if outcome.verdict == "equal" and self._draw() * 10_000 < case.ground.config.worker.twins:
            await self._twin(case)
        await self._conclude(case, outcome)

    def _known_since(self) -> int | None:
        """Ticks of when the candidate's version was last seen to change; None: it is the first."""
        known, (before, _) = self.version.of_answer(None), self._known
        if known != before:
            self._known = known, self._ticks_ns() if before else None
        return self._known[1]

    async def _twin(self, case: Case) -> None:
        primary, first = case.exchange.primary, case.exchange.response
        second = await self._ask(primary, case)
        if first is not None and isinstance(second, Response):
            case.twinned = True
            case.noise += await self._apart(case, twin, first, second, primary, case.yardstick)

    def _ask_again_later(self, case: Case) -> None:
        declared, probed = case.ground.lag_ms.get(case.cutover), self._lags().get(case.cutover)
        if hopeless(declared, probed, self._now_ns()):
            self._settle(case, failed("lagged", blame=None, detail="the replication is too far behind"))
        else:
            reask = case.ground.config.worker.reask
            asyncio.get_running_loop().call_later(reask / 1000, self._ask_again, case)

    def _ask_again(self, case: Case) -> None:
        """Put it back in the queue, once what legacy held when it answered can be expected on the candidate too."""
        declared, probed = case.ground.lag_ms.get(case.cutover), self._lags().get(case.cutover)
        if behind(declared, probed, case.seen_ns, self._now_ns()):
            asyncio.get_running_loop().call_later(_LOOK_AGAIN, self._ask_again, case)
        else:
            self.queue.put(case)

    async def _second(self, case: Case) -> None:
        first, exchange = case.first, case.exchange
        if first is None or exchange.response is None or case.shadow is None:
            raise RuntimeError("asked again without a first time")
        await self._token()
        primary, shadow = await asyncio.gather(
            self._ask(exchange.primary, case), self._ask(case.shadow_side, case)
        )
        case.again = {exchange.primary: primary, case.shadow_side: shadow}
        candidate = case.again["candidate"]
        case.twinned = isinstance(primary, Response)
        if isinstance(candidate, Response) and self.version.of_answer(candidate) != case.version:
            self._settle(case, failed("moved", blame=None, detail="another version answered the second time"))
            return
        before: tuple[Answered, Answered] = (exchange.response, case.shadow)
        second = Second(primary, shadow)
        outcome, noise = await self._apart(
            case,
            partial(again, follows=case.cutover in case.ground.lag_ms),
            first,
            exchange.primary,
            before,
            second,
            case.yardstick,
        )
        case.noise += noise
        await self._conclude(case, outcome)

    async def _conclude(self, case: Case, outcome: Outcome) -> None:
        learned = await self._learned(case, outcome)
        answer = await self._apart(case, answered, case) if outcome.verdict == "equal" else b""
        numbers: tuple[Sighting, ...] = ()
        if case.exchange.route in case.ground.numbers:
            numbers = await self._apart(case, read, case, self._now_ns())
        self._settle(case, outcome, learned, answer, numbers)

    async def _learned(self, case: Case, outcome: Outcome) -> Learned | None:
        """What the pair shows beyond itself. Nothing is read again where nothing differs and nothing is watched."""
        sight = sight_of(case, outcome)
        if sight is None:
            return None
        learner = self.learners.of(case.ground.epoch(case.cutover, case.version).digest, case.exchange.route)
        shown = None
        if sight.counts or learner.watched.places:
            shown = await self._apart(
                case, evidence, sight, learner.watched, learner.kept, case.ground.redactor
            )
        learner.take(sight, shown)
        return shown

    async def _token(self) -> None:
        """Wait for the rate limit: a difference is never left unconfirmed for want of it."""
        while wait := self.guard.wait(self._ticks_ns()):  # noqa: ASYNC110  time, not an event, gives tokens
            await asyncio.sleep(wait / 1e9)

    async def _ask(self, side: Side, case: Case) -> Answered:
        answered = await tracing.timed(case, side, self.askers[side].ask(case.exchange.request))
        self.guard.heard(side, answered, self._ticks_ns())
        if isinstance(answered, Response):
            size = len(answered.message.body or b"")
            case.size += size
            self.guard.grow(size)
        return answered

    async def _apart[**P, R](self, case: Case, judge: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a comparison: on the loop when it is short, in a thread when it may be long."""
        if case.size < HEAVY:
            return judge(*args, **kwargs)
        return await self._in_thread(judge, *args, **kwargs)

    async def _in_thread[**P, R](self, judge: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._heavy, partial(judge, *args, **kwargs))

    def _settle(
        self,
        case: Case,
        outcome: Outcome,
        learned: Learned | None = None,
        answer: bytes = b"",
        numbers: tuple[Sighting, ...] = (),
    ) -> None:
        if outcome.verdict != "failed":
            self.known.learn(outcome.pairings)
        item = settled(case, outcome, self._shown, learned, answer)
        if numbers:
            item = replace(item, numbers=numbers)
        self._writer.put(item, settled_size(item) + SIGHTING * len(numbers))
        tracing.judged(self._spans, case, outcome, len(item.findings))
        self._done(case)

    def _lose(self, case: Case, reason: str) -> None:
        self._count_lost(case, reason)
        self._done(case)

    def _count_lost(self, case: Case, reason: str) -> None:
        # The epoch that was in force when it came: what a version's traffic lost is not held against the next one.
        digest = ""
        if not case.exchange.watched:
            digest = case.ground.epoch(case.cutover, case.version or self.version.of_answer(None)).digest
        self._writer.buffer.lose(reason, case.exchange.origin, case.exchange.route, digest)
        tracing.lost(self._spans, case, reason)

    def close(self) -> None:
        """Nothing comes any more."""
        self._heavy.shutdown(wait=False, cancel_futures=True)
        self.referee.close()

    def _done(self, case: Case) -> None:
        self.open -= 1
        self.guard.release(case.size)
