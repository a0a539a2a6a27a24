"""From a wrong amount served to the last request that the candidate got in canary, end to end, and where it went."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from sqlalchemy import func, select

from strangler.ledger import tables
from strangler.ledger.cutovers import state_of
from strangler.testing.origin import Seen, Steps, answer
from strangler_shadow.control.process import TICK_SECONDS
from strangler_shadow.testing import until

from .conftest import JSON, System, expected

MakeSystem = Callable[..., System]
pytestmark = [pytest.mark.system, pytest.mark.full]

REASK_MS = 200
ROUNDS = 3


@dataclass
class Candidate:
    """Legacy's answers in a spelling of its own; `wrong`: the total is not."""

    version: int = 1
    wrong: bool = False

    def __call__(self, seen: Seen) -> Steps:
        """A script."""
        body = expected(seen.target).replace(b", ", b",  ")
        body = body.replace(b"10.00", b"10.01") if self.wrong else body
        yield answer(body, JSON, ("X-Version", str(self.version)))


@dataclass
class Traffic:
    """Forty customers, each asking again and again. Times are Unix seconds, as the ledger's are."""

    url: str
    by_candidate: list[tuple[float, float, bool]] = field(default_factory=list)
    """Started, ended, whether the amount was wrong."""
    sent: int = 0
    failed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped."""
        asyncio.run(self._all())

    def stop(self) -> None:
        """After the requests under way."""
        self._stop.set()

    async def _all(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
            await asyncio.gather(*(self._customer(session, number) for number in range(40)))

    async def _customer(self, session: aiohttp.ClientSession, number: int) -> None:
        fields = {"X-Customer": f"customer-{number}"}
        while not self._stop.is_set():
            started = time.time()
            async with session.get(f"{self.url}/invoices/{number}", headers=fields) as found:
                body = await found.read()
                self.failed += found.status != 200
            self.sent += 1
            if b",  " in body:
                self.by_candidate.append((started, time.time(), b"10.01" in body))
            await asyncio.sleep(0.25)


@dataclass
class Marks:
    """When the ledger knew of it, and when control moved it back. Looks every few milliseconds."""

    system: System
    known: float = 0.0
    back: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until both were seen, or stopped."""
        before = self._wrong()
        while not self._stop.wait(0.004) and not (self.known and self.back):
            if not self.known and self._wrong() > before:
                self.known = time.time()
            with self.system.ledger.read() as connection:
                state = state_of(connection, "reads")
            if state.phase == "shadow":
                # Control judged it at that moment; we may have looked a little later.
                self.back = state.since_ns / 1e9
                self.known = min(self.known or self.back, self.back)

    def stop(self) -> None:
        """Give up."""
        self._stop.set()

    def _wrong(self) -> int:
        with self.system.ledger.read() as connection:
            total = select(func.sum(tables.divergence_epochs.c.wrong_amounts))
            return int(connection.execute(total).scalar() or 0)


def test_how_long_a_wrong_amount_is_served(
    system: MakeSystem, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    candidate = Candidate()
    made = system(candidate, f"timeout: 1s, reask: {REASK_MS}ms", **{"drain: 5s": "drain: 5s, planes: 2"})
    made.in_force(1, planes=2)
    rounds = [_round(made, candidate) for _ in range(ROUNDS)]
    with capsys.disabled():
        print()  # noqa: T201  what it is for
        for line in rounds:
            print(line)  # noqa: T201
    record_property("rollback", "; ".join(rounds))


def _round(made: System, candidate: Candidate) -> str:
    candidate.wrong, traffic, marks = False, Traffic(made.url), Marks(made)
    asking = threading.Thread(target=traffic.run)
    asking.start()
    try:
        _until_rolled_back(made, candidate, traffic, marks)
        in_force, sent = time.time(), traffic.sent
        until(lambda: traffic.sent > sent + 200)
    finally:
        traffic.stop()
        asking.join()
    late = [started for started, _, _ in traffic.by_candidate if started > in_force]
    assert not late, "nobody who asks once the planes have the table is served by the candidate"
    assert traffic.failed == 0
    candidate.version += 1
    return _told(traffic, marks)


def _until_rolled_back(made: System, candidate: Candidate, traffic: Traffic, marks: Marks) -> None:
    until(lambda: made.evidence().version == str(candidate.version) and made.evidence().compared > 40)
    made.move("advance")
    until(lambda: len(traffic.by_candidate) > 40)
    looking = threading.Thread(target=marks.run)
    looking.start()
    candidate.wrong = True
    looking.join(60)
    marks.stop()
    made.in_force(made.table().generation, planes=2)


def _told(traffic: Traffic, marks: Marks) -> str:
    first = min(ended for _, ended, wrong in traffic.by_candidate if wrong)
    last = max(started for started, _, _ in traffic.by_candidate)
    whole, known, back = last - first, marks.known - first, marks.back - marks.known
    assert whole < 20 * (REASK_MS / 1000 + TICK_SECONDS), "a multiple of what is waited for by design"
    wrong = sum(wrong for _, _, wrong in traffic.by_candidate)
    return (
        f"a wrong amount served → the candidate's last request: {whole * 1000:.0f} ms ({wrong} wrong answers); of these"
        f" {known * 1000:.0f} ms until the comparison and its re-ask ({REASK_MS} ms) were in the ledger,"
        f" {(whole - known) * 1000:.0f} ms from there on ({back * 1000:.0f} ms until control had rolled back)"
    )
