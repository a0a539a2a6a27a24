"""What the worker is told: whole exchanges, and a count for everything that is not one."""

import hashlib
import threading
import time

import pytest

from strangler.exchange import Exchange
from strangler.routing import IdentitySource, Route
from strangler.testing.client import request
from strangler.testing.origin import HANG, Pause, Seen, Steps, answer, chunked
from strangler_shadow.testing.rig import Launch, Rig, match, table
from strangler_shadow.wire import Captured, Counts, Hello

BODY = b'{"total": "10.00"}'
FIELDS = ((b"Content-Length", b"18"), (b"Content-Type", b"application/json"), (b"x-B", b"1"), (b"X-b", b"2"))
CUSTOMER = IdentitySource("header", "x-customer")


def invoice(_: Seen) -> Steps:
    yield answer(BODY, ("Content-Type", "application/json"), ("x-B", "1"), ("X-b", "2"), status="200 Fine")


def shadowed(**more: object) -> Route:
    fields: dict[str, object] = {"cutover": "reads", "phase": "shadow", "identity": CUSTOMER}
    fields["strata"] = (("country", IdentitySource("query", "country")),)
    return Route("invoices", match("/invoices/{id}"), **(fields | more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    trailers = chunked(b"abc", trailers=((b"X-Sum", b"1"),))
    return launch(
        table(7, shadowed(), Route("half", match("/half"), "reads", "shadow", sampling=5_000)),
        legacy={
            "/invoices/1": invoice,
            "/invoices/chunked": lambda _: iter((trailers,)),
            "/invoices/head": lambda _: iter((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",)),
        },
        candidate={"/invoices/1": lambda _: iter((HANG,))},
    )


def test_an_exchange_is_what_went_over_the_wire(rig: Rig) -> None:
    target = "/invoices/1?country=DE&x=%20"
    asked_ns = time.time_ns()
    with rig.client() as client:
        client.ask("GET", target, ("X-Customer", "c-17"), ("accept", "*/*"))
    found = rig.exchange(target)
    assert (found.route, found.cutover, found.generation, found.primary) == ("invoices", "reads", 7, "legacy")
    assert (found.origin.plane, found.origin.boot) == ("p1", "b1")
    assert found.strata == (("country", "DE"),)
    assert asked_ns < found.at_ns < time.time_ns()
    asked = found.request
    assert (asked.method, asked.scheme, asked.authority, asked.peer) == (
        "GET",
        "http",
        "billing.example",
        "127.0.0.1",
    )
    assert asked.message.fields == (
        (b"Host", b"billing.example"),
        (b"X-Customer", b"c-17"),
        (b"accept", b"*/*"),
    )
    assert asked.message.body == b""
    assert found.response is not None
    assert (found.response.status, found.response.reason) == (200, b"Fine")
    message = found.response.message
    assert (message.fields, message.body, message.size) == (FIELDS, BODY, len(BODY))
    assert message.sha256 == hashlib.sha256(BODY).digest()
    assert found.response.elapsed_ns > 0


def test_trailers_are_part_of_it(rig: Rig) -> None:
    with rig.client() as client:
        client.ask("GET", "/invoices/chunked")
    response = rig.exchange("/invoices/chunked").response
    assert response is not None
    assert (response.message.body, response.message.trailers) == (b"abc", ((b"X-Sum", b"1"),))


def test_a_head_request_is_an_exchange(rig: Rig) -> None:
    with rig.client() as client:
        client.ask("HEAD", "/invoices/head")
    response = rig.exchange("/invoices/head").response
    assert response is not None
    assert response.message.body == b""


def test_the_same_identity_has_the_same_hash_and_another_another(rig: Rig) -> None:
    with rig.client() as client:
        for number, customer in enumerate(("a", "b", "a")):
            client.ask("GET", f"/invoices/hash?{number}", ("X-Customer", customer))
        client.ask("GET", "/invoices/hash?nobody")
    first, second, third = (rig.exchange(f"/invoices/hash?{number}").identity_hash for number in range(3))
    assert first == third != second
    assert rig.exchange("/invoices/hash?nobody").identity_hash == b""


def test_writes_and_other_routes_are_not_captured(rig: Rig) -> None:
    before = rig.counts()
    with rig.client() as client:
        client.ask("POST", "/invoices/1", body=b"x")
        client.ask("GET", "/elsewhere")
    after = rig.counts(
        lambda counts: counts.served.get("", (0, 0, 0))[0] > before.served.get("", (0, 0, 0))[0]
    )
    assert after.sent == before.sent
    assert after.served["invoices"][0] == before.served.get("invoices", (0, 0, 0))[0] + 1


def test_sampling_takes_about_its_share(rig: Rig) -> None:
    before = rig.counts().sent
    with rig.client() as client:
        for _ in range(400):
            client.ask("GET", "/half")
    taken = rig.counts(lambda counts: counts.served.get("half", (0, 0, 0))[0] == 400).sent - before
    assert 100 < taken < 300


def test_a_halted_table_captures_nothing(rig: Rig) -> None:
    before = rig.counts().sent
    rig.issue(table(8, shadowed(), halted=True))
    with rig.client() as client:
        assert client.ask("GET", "/invoices/1").status == 200
    assert rig.counts().sent == before
    rig.issue(table(9, shadowed()))


def test_a_hanging_shadow_is_never_waited_for(rig: Rig) -> None:
    """The plane itself asks the candidate nothing for a shadowed route."""
    with rig.client() as client:
        assert client.ask("GET", "/invoices/1").body == BODY
    assert rig.candidate.seen == []


# --- accounting: recorded + dropped + gaps = sent ---


def recorded(rig: Rig) -> list[Exchange]:
    return [frame.exchange for frame in rig.sink.taken if isinstance(frame, Captured)]


def check_account(rig: Rig, counts: Counts) -> int:
    """The gaps: what was neither taken nor dropped."""
    seqs = [exchange.origin.seq for exchange in recorded(rig)]
    assert len(seqs) == len(set(seqs)), "no exchange comes twice"
    assert all(1 <= seq <= counts.sent for seq in seqs)
    return counts.sent - len(seqs) - sum(counts.dropped.values())


def ask_many(rig: Rig, count: int, target: str = "/invoices/1", workers: int = 4) -> None:
    def some() -> None:
        with rig.client() as client:
            for _ in range(count // workers):
                assert client.ask("GET", target).status == 200

    threads = [threading.Thread(target=some) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def settled(rig: Rig) -> Counts:
    """The counters once everything sent has been taken or dropped."""
    return rig.counts(lambda counts: counts.sent == len(recorded(rig)) + sum(counts.dropped.values()))


def test_without_trouble_everything_sent_is_recorded(rig: Rig) -> None:
    before = rig.counts().sent
    ask_many(rig, 400)
    counts = settled(rig)
    assert counts.sent == before + 400
    assert counts.dropped == {}
    assert check_account(rig, counts) == 0


@pytest.fixture(scope="module")
def small(launch: Launch) -> Rig:
    """A queue of 50 exchanges and 60 kB."""
    return launch(
        table(1, shadowed()), default=lambda _: iter((answer(b"x" * 2_000),)), queue=50, queue_bytes=60_000
    )


def test_a_full_queue_makes_no_client_wait(small: Rig) -> None:
    rig = small
    ask_many(rig, 40)
    rig.sink.hold()
    began = time.monotonic()
    ask_many(rig, 400)
    stuck = time.monotonic() - began
    rig.sink.go_on()
    settled(rig)
    began = time.monotonic()
    ask_many(rig, 400)
    assert stuck < 5 * (time.monotonic() - began) + 1


def test_bodies_being_read_count_against_the_queue(small: Rig) -> None:
    """Fifty slow answers of 2 kB each are more than 60 kB, long before the first is whole."""
    rig = small
    before = rig.counts()

    def slow(_: Seen) -> Steps:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 2001\r\n\r\n" + b"x" * 2_000
        yield Pause(0.5)
        yield b"x"

    rig.legacy.scripts["/invoices/slow"] = slow
    clients = [rig.client() for _ in range(50)]
    for client in clients:
        client.send(request("GET", "/invoices/slow"))
    for client in clients:
        assert len(client.read().body) == 2_001
        client.close()
    counts = rig.counts(lambda counts: counts.sent == before.sent + 50)
    assert counts.dropped.get("queue-full", 0) > before.dropped.get("queue-full", 0)


def test_every_exchange_is_recorded_dropped_or_a_gap(small: Rig) -> None:
    """The worker is stuck, then killed, then away, then back. (The last test: it cuts the worker's connection.)"""
    rig = small
    start = settled(rig)
    ask_many(rig, 100)
    rig.sink.hold()
    ask_many(rig, 1_200)
    rig.sink.go_on()
    stuck = settled(rig)
    assert stuck.sent == start.sent + 1_300
    full = stuck.dropped.get("queue-full", 0) - start.dropped.get("queue-full", 0)
    assert full > 0, "the socket's buffer and a queue of 50 do not hold 1,200"
    assert check_account(rig, stuck) == 0

    rig.sink.hold()
    ask_many(rig, 40)
    rig.sink.stop()
    rig.sink.go_on()
    ask_many(rig, 200)
    hellos = sum(isinstance(frame, Hello) for frame in rig.sink.taken)
    rig.sink.start()
    rig.sink.wait(lambda frames: sum(isinstance(frame, Hello) for frame in frames) > hellos)
    ask_many(rig, 100)
    last = start.sent + 1_640
    rig.sink.wait(
        lambda frames: any(isinstance(f, Captured) and f.exchange.origin.seq == last for f in frames)
    )
    back = rig.counts(lambda counts: counts.sent == last)
    assert back.dropped.get("worker-away", 0) >= 100, "a queue of 50 does not hold 200"
    assert 0 <= check_account(rig, back) <= 40, "only what was on its way to the killed worker is unknown"
