"""The referee of live comparisons: what it says is counted and written, and it keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from strangler.comparison.context import Context
from strangler.comparison.model import Outcome
from strangler.comparison.pair import EQUAL
from strangler.comparison.rules import Rules
from strangler.exchange import Failure, Message, Response
from strangler.ledger.refereed import Refereed, refereed
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange
from strangler_shadow.worker.ground import Yardstick
from strangler_shadow.worker.second import LARGEST, Referee

from .conftest import MakeRig, says

BY = Yardstick(Rules(), Context(), {})


def said(body: bytes) -> Response:
    return Response(200, b"OK", Message(((b"Content-Type", b"application/json"),), body, len(body)))


def judged(
    *pairs: tuple[Response | Failure, Response, Outcome], ticks: Callable[[], float] = lambda: 0.0
) -> list[Refereed]:
    """What is told when these are drawn, each once the one before is done."""
    told: list[Refereed] = []

    async def run() -> None:
        referee = Referee(told.append, now_ns=lambda: 7, ticks=ticks)
        for legacy, candidate, outcome in pairs:
            referee.draw("invoice", legacy, candidate, outcome, BY)
            await referee.finish()
        referee.close()

    asyncio.run(run())
    return told


def test_a_disagreement_is_counted_and_what_it_was_is_kept() -> None:
    one, other = said(b'{"total": 10.00}'), said(b'{"total": 10.01}')
    told = judged((one, one, EQUAL), (one, other, EQUAL), (one, said(b'{"total": 1e1}'), EQUAL))
    assert [each.judged for each in told] == [1, 2, 3]
    assert [each.disagreed for each in told] == [0, 1, 1]
    assert (told[2].route, told[2].at_ns) == ("invoice", 7)
    assert told[2].said == "DeepDiff finds a difference in bodies that were called equal"


def test_what_is_too_large_or_takes_too_long_is_passed_over_and_counted() -> None:
    large = said(b'"' + b"x" * LARGEST + b'"')
    small = said(b"[1, 2, 3]")
    seconds = iter(range(0, 1_000, 2))
    told = judged((large, large, EQUAL), (small, said(b"[1, 2]"), EQUAL), ticks=lambda: float(next(seconds)))
    assert told[-1] == Refereed(passed_over=2)
    assert judged((Failure("timeout"), small, EQUAL)) == []


def test_while_it_is_busy_nothing_waits_for_it() -> None:
    async def run() -> Refereed:
        referee = Referee(lambda _: None)
        for _ in range(5):
            referee.draw("invoice", said(b"[1]"), said(b"[1]"), EQUAL, BY)
        await referee.finish()
        referee.close()
        return referee.sums

    assert asyncio.run(run()) == Refereed(judged=1, passed_over=4)


def test_a_list_of_thousands_is_judged_in_time() -> None:
    left = b"[" + b",".join(b"%d" % (n % 7) for n in range(15_000)) + b"]"
    (told,) = judged((said(left), said(left[:-2] + b"9]"), EQUAL))
    assert (told.judged, told.disagreed) == (1, 1)


def test_a_worker_lets_it_judge_its_share_and_writes_what_it_said(rig: MakeRig) -> None:
    made = rig("timeout: 5s, reask: 30ms, twins: 0, referee: 10000", candidate=says(b'{"id": 2}'))

    def sums() -> Refereed:
        with made.ledger.read() as connection:
            return refereed(connection)

    for number in range(3):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    done = until(lambda: found if (found := sums()).judged + found.passed_over == 3 else None)
    assert done.judged > 0
    assert done.disagreed == 0
