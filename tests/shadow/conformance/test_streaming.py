"""What is not one question and one answer: interim answers, 100-continue, events, WebSockets, slow ends."""

import socket
import time

import pytest

from strangler.routing import Route
from strangler.testing.client import Cut, request
from strangler.testing.origin import CLOSE, HANG, RESET, Echo, Pause, Seen, Steps, answer
from strangler_shadow.testing.rig import Launch, Rig, match, table

UPGRADE = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))


def hints(_: Seen) -> Steps:
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n"
    yield answer(b"after two hints")


def patient(seen: Seen) -> Steps:
    """Says 100 (Continue), and only then is the body read."""
    yield b"HTTP/1.1 100 Continue\r\n\r\n"
    yield answer(b"thanks")


def events(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield b"9\r\ndata: 1\n\n\r\n"
    yield Pause(0.3)
    yield b"9\r\ndata: 2\n\n\r\n"
    yield b"0\r\n\r\n"


def websocket(seen: Seen) -> Steps:
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    yield b"hello"
    yield Echo()


def first_half(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
    yield Pause(0.05)
    yield CLOSE


def cut(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\n\r\nall of it?"
    yield Pause(0.05)
    yield RESET


def refuse_early(_: Seen) -> Steps:
    yield answer(b"too much", ("Connection", "close"), status="413 Content Too Large")
    yield Pause(0.2)
    yield CLOSE


def hang(_: Seen) -> Steps:
    yield HANG


SCRIPTS = {
    "/hints": hints,
    "/patient": patient,
    "/events": events,
    "/socket": websocket,
    "/half": first_half,
    "/cut": cut,
    "/early": refuse_early,
    "/hang": hang,
    "/drip": lambda _: iter((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Pause(0.4), b"b")),
    "/large-upload": lambda seen: iter((answer(b"%d" % len(seen.body)),)),
    "/over": lambda _: iter((answer(b"x" * 3_000),)),
}


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    """Everything is shadowed and captured; bodies up to 2,000 bytes."""
    return launch(
        table(1, Route("all", match("/{rest*}"), "all", phase="shadow", safe=True)),
        legacy=SCRIPTS,
        early=frozenset({"/patient", "/early"}),
        body_limit=2_000,
        sides={"legacy": {"timeout_ms": 700}},
    )


def test_interim_answers_come_through(rig: Rig) -> None:
    with rig.client() as client:
        reply = client.ask("GET", "/hints")
        assert [head.split(b"\r\n")[1] for head in reply.interim] == [
            b"Link: </a.css>; rel=preload",
            b"Link: </b.css>",
        ]
        assert reply.body == b"after two hints"
        assert client.ask("GET", "/ok").status == 200


def test_an_old_client_gets_no_interim_answers(rig: Rig) -> None:
    with rig.client() as client:
        assert client.send(b"GET /hints HTTP/1.0\r\n\r\n").until(b"\r\n").startswith(b"HTTP/1.1 200")


def test_the_side_itself_says_continue(rig: Rig) -> None:
    with rig.client() as client:
        client.send(request("POST", "/patient", ("Expect", "100-continue"), ("Content-Length", "3")))
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"abc")
        assert client.read().body == b"thanks"
    seen = next(seen for seen in rig.legacy.seen if seen.target == "/patient")
    assert seen.values("expect") == [b"100-continue"]


def test_events_come_as_they_happen_uncaptured_and_counted(rig: Rig) -> None:
    before = rig.counts().uncaptured.get("event-stream", 0)
    with rig.client() as client:
        client.send(request("GET", "/events"))
        client.until(b"data: 1\n\n")
        first = time.monotonic()
        client.until(b"data: 2\n\n")
        assert time.monotonic() - first > 0.1, "the first event did not wait for the second"
        client.until(b"0\r\n\r\n")
    assert rig.counts(lambda counts: counts.uncaptured.get("event-stream") == before + 1)
    assert "/events" not in [exchange.request.target for exchange in rig.exchanges()]


def test_the_first_byte_does_not_wait_for_the_last(rig: Rig) -> None:
    with rig.client() as client:
        client.send(request("GET", "/drip"))
        client.until(b"\r\n\r\na")
        first = time.monotonic()
        assert client.exactly(1) == b"b"
        assert time.monotonic() - first > 0.2


def test_a_websocket_passes_untouched_uncaptured_and_counted(rig: Rig) -> None:
    before = rig.counts().uncaptured.get("upgrade", 0)
    with rig.client() as client:
        reply = client.ask("GET", "/socket", *UPGRADE)
        assert (reply.status, reply.values("upgrade")) == (101, [b"websocket"])
        assert client.exactly(5) == b"hello"
        for frame in (b"\x81\x85mask\x00", b"\x00\r\n\r\nGET / HTTP/1.1\r\n", bytes(range(256)) * 300):
            assert client.send(frame).exactly(len(frame)) == frame
        client.socket.shutdown(socket.SHUT_WR)
        assert client.closed()
    seen = next(seen for seen in rig.legacy.seen if seen.target == "/socket")
    assert (seen.values("connection"), seen.values("upgrade")) == ([b"Upgrade"], [b"websocket"])
    assert rig.counts(lambda counts: counts.uncaptured.get("upgrade") == before + 1)


def test_only_a_websocket_is_upgraded_to(rig: Rig) -> None:
    with rig.client() as client:
        assert (
            client.ask("GET", "/h2c", ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")).status
            == 200
        )
    seen = next(seen for seen in rig.legacy.seen if seen.target == "/h2c")
    assert seen.values("upgrade") == seen.values("connection") == []


def test_half_an_answer_is_not_made_whole(rig: Rig) -> None:
    with rig.client() as client, pytest.raises(Cut) as cut_off:
        client.ask("GET", "/half")
    assert cut_off.value.seen.endswith(b"12345")
    exchange = rig.exchange("/half")
    assert exchange.response is None
    assert exchange.failure is not None
    assert exchange.failure.reason == "reset"


def test_a_cut_answer_without_length_is_cut_for_the_client_too(rig: Rig) -> None:
    with rig.client() as client, pytest.raises(ConnectionResetError):
        client.ask("GET", "/cut")


def test_an_answer_may_overtake_its_request(rig: Rig) -> None:
    """Half a question is no exchange; it is counted."""
    before = rig.counts().uncaptured.get("answered-early", 0)
    with rig.client() as client:
        client.send(request("POST", "/early", ("Content-Length", "1000000")) + b"x" * 1000)
        reply = client.read()
        assert (reply.status, reply.body) == (413, b"too much")
    rig.counts(lambda counts: counts.uncaptured.get("answered-early", 0) == before + 1)
    assert "/early" not in [exchange.request.target for exchange in rig.exchanges()]


def test_a_side_that_does_not_answer_in_time_is_a_504(rig: Rig) -> None:
    with rig.client() as client:
        reply = client.ask("GET", "/hang")
        assert reply.status == 504
        assert client.closed()
    failure = rig.exchange("/hang").failure
    assert failure is not None
    assert failure.reason == "timeout"


@pytest.mark.parametrize(("target", "body"), [("/over", None), ("/large-upload", b"y" * 2_001)])
def test_a_body_over_the_limit_passes_uncaptured_and_counted(
    rig: Rig, target: str, body: bytes | None
) -> None:
    before = rig.counts()
    with rig.client() as client:
        reply = client.ask("POST" if body else "GET", target, body=body)
        assert reply.body == (b"2001" if body else b"x" * 3_000)
    after = rig.counts(
        lambda counts: counts.uncaptured.get("too-large", 0) > before.uncaptured.get("too-large", 0)
    )
    assert after.sent == before.sent
    assert target not in [exchange.request.target for exchange in rig.exchanges()]


def test_a_client_that_leaves_is_counted_and_its_side_let_go(rig: Rig) -> None:
    before = rig.counts().uncaptured.get("client-gone", 0)
    with rig.client() as client:
        client.send(request("GET", "/hang?leaving"))
        while "/hang?leaving" not in rig.legacy.targets():
            time.sleep(0.01)
    assert rig.counts(lambda counts: counts.uncaptured.get("client-gone", 0) == before + 1)
