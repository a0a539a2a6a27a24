"""`strangler serve` as it is, in front of two origins: whatever happens behind it, the client gets legacy's answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from strangler.config import load
from strangler.cutover import Event, decide, plan_of
from strangler.evidence import Evidence
from strangler.gate import Verdict
from strangler.ledger import streams, tables
from strangler.ledger.cutovers import current_table, state_of, transition
from strangler.ledger.evidence import read_evidence
from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.streams import Stream
from strangler.routing import Table
from strangler.testing.background import Background
from strangler.testing.origin import Origin, Script, Seen, Steps, answer
from strangler_shadow.testing import ServeProcess, until

CONFIG = """\
version: 1
legacy: {{url: "{legacy}", connect: 20s}}
candidate: {{url: "{candidate}", version: {{header: X-Version}}}}
serve: {{listen: "127.0.0.1:0", control: "127.0.0.1:0", drain: 5s}}
capture: {{heartbeat: 100ms}}
worker: {{{worker}}}
routes:
  invoice: {{match: {{method: GET, path: "/invoices/{{id}}"}}, identity: {{header: X-Customer}}}}
cutovers:
  reads: {{routes: [invoice], steps: [50, 100]}}
"""
JSON = ("Content-Type", "application/json")

type Answers = list[tuple[int, bytes]]


def invoice(seen: Seen) -> Steps:
    """Both sides, as they should: the same invoice, each in its own spelling."""
    yield answer(expected(seen.target), JSON)


def agrees(seen: Seen) -> Steps:
    """The candidate, as it should."""
    yield answer(expected(seen.target).replace(b", ", b",  "), JSON, ("X-Version", "1"))


def expected(target: str) -> bytes:
    """What legacy answers."""
    return b'{"number": "%s", "total": "10.00", "currency": "EUR"}' % target.rpartition("/")[2].encode()


@dataclass
class System:
    """Everything that runs."""

    legacy: Origin
    candidate: Origin
    served: ServeProcess
    ledger: Ledger
    file: Path
    sent: int = 0

    @property
    def url(self) -> str:
        """Where clients come."""
        return self.served.serving.listen

    def ask(self, numbers: Sequence[int], at_once: int = 20) -> float:
        """Ask for invoices, and see that each answer is legacy's; seconds it took."""
        started = time.monotonic()
        found = asyncio.run(_ask(self.url, numbers, at_once))
        for number, (status, body) in zip(numbers, found, strict=True):
            assert (status, body) == (200, expected(f"/invoices/{number}"))
        self.sent += len(numbers)
        return time.monotonic() - started

    def unchecked(self, numbers: Sequence[int]) -> Answers:
        """Ask for invoices; status and body of each answer, whatever they are."""
        self.sent += len(numbers)
        return asyncio.run(_ask(self.url, numbers, 20))

    def table(self) -> Table:
        """The table in force."""
        with self.ledger.read() as connection:
            table = current_table(connection)
        assert table is not None
        return table

    def move(self, name: str) -> Table:
        """Move the cutover as the command line does, the gate having passed; wait until planes have the table."""
        loaded = load(self.file)
        with self.ledger.begin() as connection:
            state = state_of(connection, "reads")
            event = Event(name, "anna", verdict=Verdict("reads", "pass", ()))  # type: ignore[arg-type]
            after, _ = decide(plan_of(loaded.config, "reads"), state, event, time.time_ns())
            table = transition(
                connection,
                loaded.config,
                after,
                expected_generation=state.generation,
                event=name,
                now_ns=time.time_ns(),
            )
        self.in_force(table.generation)
        return table

    def in_force(self, generation: int, planes: int = 1) -> None:
        """Wait until so many planes have this table (or a later one)."""

        def there() -> bool:
            found = asyncio.run(_get(self.served.serving.control + "/v1/status"))
            return bool(found["table"]["generation"] >= generation and found["waiting"] >= planes)

        until(there)

    def streams(self) -> list[Stream]:
        """As the ledger has them."""
        with self.ledger.read() as connection:
            return streams.streams(connection)

    def accounted(self, seconds: float = 40) -> list[Stream]:
        """All streams, once each adds up (recorded + dropped + shed + gaps = sent) and all together what was asked."""

        def so() -> list[Stream] | None:
            found = self.streams()
            if (
                any(stream.outstanding for stream in found)
                or sum(stream.sent for stream in found) != self.sent
            ):
                return None
            return found

        try:
            return until(so, seconds)
        except TimeoutError:
            raise AssertionError(f"{self.sent} sent are not accounted for: {self.streams()}") from None

    def recorded(self) -> int:
        """Exchanges that were judged, over all streams."""
        return sum(stream.recorded for stream in self.streams())

    def evidence(self) -> Evidence:
        """Of the cutover."""
        with self.ledger.read() as connection:
            return read_evidence(connection, load(self.file), "reads", time.time_ns())

    def failures(self) -> dict[str, int]:
        """Reason to count, over all epochs: a candidate that never answered has no version yet."""
        table = tables.failures
        with self.ledger.read() as connection:
            rows = connection.execute(
                select(table.c.reason, func.sum(table.c.count)).group_by(table.c.reason)
            )
            return {reason: int(count) for reason, count in rows}

    def losses(self) -> dict[str, int]:
        """Reason to count."""
        with self.ledger.read() as connection:
            return streams.losses(connection)


type MakeSystem = Callable[..., System]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[MakeSystem]:
    """`system(candidate=script, worker="…", start=True)`; the cutover is in phase `shadow`."""
    with ExitStack() as stack:
        yield partial(_make, stack, tmp_path)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSystem]:
    """As `system`, for a whole module: to start it costs seconds. The first call makes it, later ones get the same."""
    with ExitStack() as stack:
        made: list[System] = []

        def once(*given: Any, **named: Any) -> System:
            if not made:
                made.append(_make(stack, tmp_path_factory.mktemp("system"), *given, **named))
            return made[0]

        yield once


def _make(
    stack: ExitStack,
    folder: Path,
    candidate: Script = agrees,
    worker: str = "timeout: 1s, reask: 50ms",
    *,
    start: bool = True,
    **more: str,
) -> System:
    background = stack.enter_context(Background())
    sides = [
        stack.enter_context(Origin(default=script, background=background)) for script in (invoice, candidate)
    ]
    file = folder / "strangler.yaml"
    text = CONFIG.format(legacy=sides[0].url, candidate=sides[1].url, worker=worker)
    for before, after in more.items():
        text = text.replace(before, after)
    file.write_text(text)
    served = stack.enter_context(ServeProcess(file))
    ledger = open_ledger("sqlite:///strangler.db", folder)
    stack.callback(ledger.close)
    made = System(sides[0], sides[1], served, ledger, file)
    if start:
        made.move("start")
    return made


async def _ask(url: str, numbers: Sequence[int], at_once: int) -> Answers:
    connector = aiohttp.TCPConnector(limit=at_once)
    timeout = aiohttp.ClientTimeout(60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def one(number: int) -> tuple[int, bytes]:
            fields = {"X-Customer": f"customer-{number}"}
            async with session.get(f"{url}/invoices/{number}", headers=fields) as found:
                return found.status, await found.read()

        return list(await asyncio.gather(*(one(number) for number in numbers)))


async def _get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as found:
        return await found.json()
