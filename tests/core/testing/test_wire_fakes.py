"""The fakes do on the wire what their scripts say."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strangler.routing import Table
from strangler.testing.background import Background
from strangler.testing.client import Cut, RawClient, request
from strangler.testing.control import ControlFake
from strangler.testing.origin import CLOSE, HANG, RESET, Echo, Origin, Pause, Seen, Steps, answer, chunked
from strangler.testing.sink import FrameSink


def echo(seen: Seen) -> Steps:
    yield answer(seen.body, ("X-Trailers", str(len(seen.trailers))))


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    scripts = {
        "/half": lambda _: iter((answer(b"12345", length=10), CLOSE)),
        "/reset": lambda _: iter((answer(b"12345", length=10), RESET)),
        "/hang": lambda _: iter((HANG,)),
        "/slow": lambda _: iter((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", Pause(0.1), b"b")),
        "/chunks": lambda _: iter((chunked(b"abc", b"de", trailers=((b"X", b"1"),), fields=(("Y", "2"),)),)),
        "/hints": lambda _: iter((b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", answer(b"ok"))),
        "/raw": lambda _: iter((b"HTTP/1.1 101 Up\r\n\r\n", Echo())),
    }
    with Origin(scripts, echo, early=frozenset({"/early"})) as running:
        yield running


def test_a_request_is_seen_as_it_was_sent(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        reply = client.ask("POST", "/x?y=1", ("a-B", "1"), ("A-b", "2"), body=b"body")
    assert (reply.status, reply.body) == (200, b"body")
    seen = next(seen for seen in origin.seen if seen.target == "/x?y=1")
    assert seen.raw.startswith(b"POST /x?y=1 HTTP/1.1\r\nHost: billing.example\r\na-B: 1\r\nA-b: 2\r\n")
    assert seen.values("A-B") == [b"1", b"2"]


def test_chunks_and_trailers_go_both_ways(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        client.send(
            request("POST", "/y", ("Transfer-Encoding", "chunked")) + b"3\r\nabc\r\n0\r\nT: 1\r\n\r\n"
        )
        reply = client.read()
        assert (reply.body, reply.values("x-trailers")) == (b"abc", [b"1"])
        reply = client.ask("GET", "/chunks")
        assert (reply.body, reply.trailers, reply.values("y")) == (b"abcde", ((b"X", b"1"),), [b"2"])


def test_interim_answers_are_kept_apart(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        reply = client.ask("GET", "/hints")
    assert (reply.body, reply.interim) == (b"ok", [b"HTTP/1.1 103 Early Hints\r\nLink: x"])


def test_half_an_answer_is_a_cut(origin: Origin) -> None:
    with RawClient(origin.port) as client, pytest.raises(Cut) as cut:
        client.ask("GET", "/half")
    assert cut.value.seen == b"12345"


def test_a_reset_is_a_reset(origin: Origin) -> None:
    with RawClient(origin.port) as client, pytest.raises(ConnectionResetError):
        client.ask("GET", "/reset")


def test_a_pause_is_a_pause_and_hanging_has_no_end(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        client.send(request("GET", "/slow")).until(b"a")
        began = time.monotonic()
        assert client.exactly(1) == b"b"
        assert time.monotonic() - began > 0.05
    with RawClient(origin.port, 0.2) as client, pytest.raises(TimeoutError):
        client.ask("GET", "/hang")


def test_an_echo_gives_back_every_byte(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        assert client.ask("GET", "/raw").status == 101
        assert client.send(bytes(range(256))).exactly(256) == bytes(range(256))


def test_an_early_answer_does_not_wait_for_the_body(origin: Origin) -> None:
    with RawClient(origin.port) as client:
        assert client.send(request("POST", "/early", ("Content-Length", "99"))).read().status == 200
        assert client.closed()


def test_a_closed_origin_refuses() -> None:
    with Origin() as origin:
        port = origin.port
    with pytest.raises(ConnectionRefusedError):
        RawClient(port)


class Lines:
    def feed(self, data: bytes) -> Iterator[str]:
        for (number,) in struct.iter_unpack(">I", data):
            yield f"frame {number}"


def frames(*numbers: int) -> bytes:
    return b"".join(struct.pack(">I", number) for number in numbers)


@contextmanager
def connect(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connected:
        connected.connect(str(path))
        yield connected


def test_a_sink_keeps_frames_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Background() as background, FrameSink(path, Lines, background) as sink:
        with connect(path) as first:
            first.sendall(frames(1, 2))
            assert sink.wait(lambda taken: taken if len(taken) == 2 else None) == ["frame 1", "frame 2"]
            sink.stop()
            assert first.recv(1) == b""
            with pytest.raises((FileNotFoundError, ConnectionRefusedError)), connect(path):
                pass
        sink.start()
        with connect(path) as second:
            second.sendall(frames(3))
            sink.wait(lambda taken: "frame 3" in taken)
        with pytest.raises(TimeoutError, match="3 frames"):
            sink.wait(lambda taken: "frame 4" in taken, 0.05)


def test_a_sink_that_is_held_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Background() as background, FrameSink(path, Lines, background) as sink, connect(path) as plane:
        plane.sendall(frames(1))
        sink.wait(lambda taken: "frame 1" in taken)
        sink.hold()
        plane.sendall(frames(2))  # the read under way may still take this
        time.sleep(0.05)
        plane.sendall(frames(3))
        time.sleep(0.1)
        assert "frame 3" not in sink.taken
        sink.go_on()
        sink.wait(lambda taken: "frame 3" in taken)


def test_a_control_answers_once_there_is_news() -> None:
    with (
        Background() as background,
        ControlFake(background, Table(3, 0)) as control,
        RawClient(control.port) as client,
    ):
        client.send(b"GET /v1/table?after=3 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.05)
        control.issue(Table(4, 0))
        assert b'"generation":4' in client.read().body
    assert control.polls == [3]
