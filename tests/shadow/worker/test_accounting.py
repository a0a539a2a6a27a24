"""recorded + dropped + shed + gaps = sent, whatever happens to worker, plane and ledger."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from strangler.exchange import Message, Request
from strangler.testing.origin import HANG, Seen, Steps
from strangler_shadow.testing import FakePlane, until
from strangler_shadow.testing.plane import exchange
from strangler_shadow.wire import Captured, encode

from .conftest import QUICK, Rig, resets, says

MakeRig = Callable[..., Rig]


def hangs(_: Seen) -> Steps:
    yield HANG


def test_what_a_plane_drops_and_what_gets_lost_are_told_apart(rig: MakeRig) -> None:
    made = rig()
    made.plane.beat()
    for number in range(10):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    made.plane.drop(3)
    made.plane.swallow(2)
    made.plane.goodbye()
    stream = until(lambda: s if (s := made.stream()).ended and not s.outstanding else None)
    assert (stream.sent, stream.recorded, stream.dropped, stream.gaps) == (15, 10, 3, 2)
    assert made.losses() == {"gap": 2, "queue-full": 3}


def test_what_an_earlier_worker_took_along_is_a_gap_and_what_still_waits_is_not(rig: MakeRig) -> None:
    made = rig()
    made.plane.swallow(7)
    queued = [made.plane.number(exchange(f"/invoices/{number}", b'{"id": 1}')) for number in range(4)]
    made.plane.beat(queued=4)
    until(lambda: made.stream().gaps == 7)
    for each in queued:
        made.plane.raw(encode(Captured(each)))
    stream = made.accounted()
    assert (stream.sent, stream.recorded, stream.gaps) == (11, 4, 7)


def test_a_plane_that_comes_back_after_a_lost_connection_is_counted_once(rig: MakeRig) -> None:
    made = rig()
    for number in range(5):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    made.settled(5)
    made.plane.close()
    made.plane.swallow(2)
    made.plane.connect()
    made.plane.send(exchange("/invoices/9", b'{"id": 1}'))
    stream = made.accounted()
    assert (stream.sent, stream.recorded, stream.gaps) == (8, 6, 2)


def test_garbage_on_the_socket_costs_the_connection_only(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    made.plane.raw(b"\x00\x00\x00\x05hello")
    with FakePlane(made.plane._path, "test/plane-2", "boot-2") as other:
        other.send(exchange(body=b'{"id": 1}'))
        other.goodbye()
    until(lambda: (seen := made.evidence()).n == seen.duplicates == 1)


def test_a_killed_plane_ends_with_what_came_of_it(rig: MakeRig) -> None:
    made = rig()
    import subprocess
    import sys

    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with FakePlane(made.plane._path, "test/plane-2", "boot-2", process.pid) as other:
        other.beat()
        other.send(exchange(body=b'{"id": 1}'))
        other.swallow(2)
        other.send(exchange(body=b'{"id": 1}'))
    process.kill()
    process.communicate()
    made.plane = other
    stream = until(lambda: s if (s := made.stream()).ended and not s.outstanding else None)
    assert (stream.sent, stream.recorded, stream.gaps) == (4, 2, 2)


def test_a_route_that_the_file_no_longer_has_is_shed(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(route="gone"))
    stream = made.accounted()
    assert (stream.recorded, stream.shed) == (0, 1)
    assert made.losses() == {"route-gone": 1}


def test_a_body_that_was_not_captured_is_shed(rig: MakeRig) -> None:
    made = rig()
    whole = exchange(method="POST", target="/search", route="search")
    empty = Request("POST", "/search", "http", "plane.test", "127.0.0.1", Message((), None, 9))
    fields = {name: getattr(whole, name) for name in whole.__struct_fields__}
    made.plane.send(type(whole)(**{**fields, "request": empty}))
    made.accounted()
    assert made.losses() == {"too-large": 1}


def test_the_breaker_sheds_and_counts_and_the_candidate_s_failures_count_until_then(rig: MakeRig) -> None:
    made = rig(QUICK + ", breaker: 3, breaker_pause: 1h, concurrency: 1", candidate=resets)
    for number in range(10):
        made.plane.send(exchange(f"/invoices/{number}"))
    stream = made.accounted()
    assert (stream.recorded, stream.shed) == (3, 7)
    assert made.losses() == {"breaker": 7}
    assert made.evidence().k == 3


def test_the_breaker_closes_again(rig: MakeRig) -> None:
    made = rig(QUICK + ", breaker: 2, breaker_pause: 50ms, concurrency: 1")
    made.candidate.default = resets
    for number in range(2):
        made.plane.send(exchange(f"/invoices/{number}"))
    made.settled(2)
    made.candidate.default = says(b"{}")

    def answered() -> bool:
        made.plane.send(exchange())
        return made.evidence().compared > made.evidence().k + 2

    until(answered, pause=0.1)


def test_the_rate_limit_sheds_and_counts(rig: MakeRig) -> None:
    made = rig(QUICK + ", rate: 5")
    for number in range(30):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    stream = made.accounted()
    assert stream.recorded + stream.shed == 30
    assert 5 <= stream.recorded < 30
    assert made.losses() == {"rate": stream.shed}
    assert len(made.candidate.seen) == stream.recorded


def test_over_the_memory_ceiling_the_worker_sheds_and_counts(rig: MakeRig) -> None:
    made = rig(
        "timeout: 1s, reask: 30ms, twins: 0, memory: 4MiB, concurrency: 1, breaker: 1000", candidate=hangs
    )
    body = b'"' + b"x" * 200_000 + b'"'
    for number in range(60):
        made.plane.send(exchange(f"/invoices/{number}", body))
    until(lambda: sum(made.losses().values()) >= 40)
    assert set(made.losses()) == {"memory"}
    memory = made.worker.shadow.guard.memory
    assert memory.held <= memory.ceiling == 3 << 20


def test_what_waited_too_long_is_shed_as_late(rig: MakeRig) -> None:
    made = rig("timeout: 200ms, reask: 30ms, twins: 0, concurrency: 1, breaker: 1000", candidate=hangs)
    for number in range(10):
        made.plane.send(exchange(f"/invoices/{number}"))
    stream = made.accounted()
    assert stream.recorded + made.losses()["late"] == 10
    assert made.losses()["late"] > 0


def test_a_ledger_that_is_away_loses_nothing_while_the_buffer_holds(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    file, aside = made.file.parent / "strangler.db", made.file.parent / "aside.db"
    file.rename(aside)
    for number in range(50):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    until(lambda: made.worker._writer.problem)
    until(lambda: made.worker._writer.pending >= 50)
    assert not file.exists(), "a ledger that went away is not made anew in its place"
    aside.rename(file)
    stream = made.accounted()
    assert (stream.recorded, stream.shed, stream.gaps) == (51, 0, 0)


def test_a_buffer_that_overflows_loses_the_oldest_and_counts_them(rig: MakeRig) -> None:
    made = rig("timeout: 30s, twins: 0, referee: 0")
    made.worker._writer.buffer.limit = 20
    with made.ledger.begin():
        for number in range(600):
            made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
        until(lambda: sum(made.worker._writer.buffer.losses.values()) > 0)
        until(lambda: made.worker.shadow.open == 0)
    stream = made.accounted()
    assert stream.recorded + stream.shed == 600
    assert made.losses() == {"ledger": stream.shed}


@pytest.mark.full
def test_a_lock_that_is_held_for_longer_than_the_ledger_waits_is_survived(rig: MakeRig) -> None:
    made = rig()
    until(lambda: made.worker._book._ledger)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(made.file.parent / "strangler.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        held.set()
        over.wait(30)
        connection.execute("ROLLBACK")
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    for number in range(30):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    until(lambda: "lock" in made.worker._writer.problem, 15)
    started = time.monotonic()
    made.background.call(_turn())
    assert time.monotonic() - started < 2, "the loop goes on while the ledger is locked"
    over.set()
    holder.join()
    assert made.accounted().recorded == 30


async def _turn() -> None:
    return None
