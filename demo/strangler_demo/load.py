"""Sends traffic over real sockets: some connections that are kept, a rate, and an account of what came
back.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from strangler_demo.candidate.state import VERSION_HEADER
from strangler_demo.pace import Pace
from strangler_demo.traffic import Call

IDENTITY_HEADER = "X-Customer"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as the client got it. Monotonic nanoseconds; `version` is None when legacy answered."""

    call: Call
    status: int
    version: str | None
    body: bytes
    began_ns: int
    ended_ns: int
    media: str = ""
    """The Content-Type field."""


@dataclass(slots=True)
class Tally:
    """What came back, by route. `unexpected`: (route, status) that was not the call's; `errors`: no
    answer at all.
    """

    answered: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_candidate: Counter[str] = field(default_factory=Counter)
    latencies_ns: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    began_ns: int = 0
    ended_ns: int = 0

    @property
    def sent(self) -> int:
        """Requests that were sent, answered or not."""
        return self.answered.total() + self.errors.total()

    @property
    def clean(self) -> bool:
        """Every request was answered with the status it should have."""
        return not self.unexpected and not self.errors

    @property
    def per_second(self) -> int:
        """Requests per second over the whole time."""
        return self.sent * 1_000_000_000 // max(1, self.ended_ns - self.began_ns)

    def quantile_ns(self, percent: int, route: str | None = None) -> int:
        """The latency that `percent` of the answers did not exceed; 0 without answers."""
        chosen = self.latencies_ns.values() if route is None else [self.latencies_ns[route]]
        ordered = sorted(latency for latencies in chosen for latency in latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0

    def note(self, answer: Answered) -> None:
        """Counts an answer."""
        route = answer.call.route
        self.answered[route] += 1
        self.latencies_ns[route].append(answer.ended_ns - answer.began_ns)
        if answer.version is not None:
            self.by_candidate[route] += 1
        if answer.status != answer.call.expected:
            self.unexpected[route, answer.status] += 1


async def send(
    base_url: str,
    calls: Iterable[Call],
    *,
    pace: Pace | None = None,
    concurrency: int = 16,
    stop: asyncio.Event | None = None,
    tally: Tally | None = None,
    watch: Callable[[Answered], None] | None = None,
    timeout_s: int = 30,
) -> Tally:
    """Sends calls until there are none left or `stop` is set; as fast as it goes, or at
    a pace.

    `tally`: one to go on counting in, which can be looked at meanwhile. `watch` sees every answer.
    """
    tally = Tally() if tally is None else tally
    tally.began_ns = tally.began_ns or time.monotonic_ns()
    queue = ((0, call) for call in calls) if pace is None else pace.due(calls, time.monotonic_ns)
    stop = stop or asyncio.Event()
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency), timeout=aiohttp.ClientTimeout(total=timeout_s)
        ) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(concurrency):
            group.create_task(_client(session, base_url, queue, stop=stop, tally=tally, watch=watch))
    tally.ended_ns = time.monotonic_ns()
    return tally


async def _client(
    session: aiohttp.ClientSession,
    base_url: str,
    queue: Iterator[tuple[int, Call]],
    *,
    stop: asyncio.Event,
    tally: Tally,
    watch: Callable[[Answered], None] | None,
) -> None:
    for due_ns, call in queue:
        early_ns = due_ns - time.monotonic_ns()
        if early_ns > 0:
            await asyncio.sleep(early_ns / 1_000_000_000)
        if stop.is_set():
            return
        try:
            answer = await ask(session, base_url, call)
        except (aiohttp.ClientError, TimeoutError) as error:
            tally.errors[call.route, type(error).__name__] += 1
            continue
        tally.note(answer)
        if watch is not None:
            watch(answer)


async def ask(session: aiohttp.ClientSession, base_url: str, call: Call) -> Answered:
    """Sends one call and reads the whole answer."""
    headers = {IDENTITY_HEADER: str(call.customer)}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    began = time.monotonic_ns()
    async with session.request(
        call.method,
        URL(base_url + call.target, encoded=True),
        data=call.body,
        headers=headers,
        allow_redirects=False,
    ) as response:
        body = await response.read()
        version = response.headers.get(VERSION_HEADER)
        media = response.headers.get("Content-Type", "")
        return Answered(call, response.status, version, body, began, time.monotonic_ns(), media)
