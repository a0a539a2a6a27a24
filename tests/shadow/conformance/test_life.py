"""A plane's life: many at once, draining, being killed, losing its supervisor."""

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from strangler.routing import Route
from strangler.testing.background import Background
from strangler.testing.client import RawClient, request
from strangler.testing.origin import Pause, Seen, Steps, answer
from strangler_shadow.testing.rig import Launch, Rig, match, table
from strangler_shadow.wire import Goodbye, Hello


def slow(_: Seen) -> Steps:
    yield Pause(0.6)
    yield answer(b"slow")


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    """One socket; its plane is replaced from test to test, as a supervisor would."""
    route = Route("all", match("/{rest*}"), "all", "shadow")
    return launch(table(1, route), legacy={"/slow": slow}, drain_ms=4_000)


async def ask_once(port: int, number: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request("GET", f"/{number}", ("Connection", "close")))
        whole = await reader.read()
        return whole.partition(b"\r\n")[0] + whole.rpartition(b"\r\n")[2]
    finally:
        writer.close()


def test_two_thousand_at_once(rig: Rig, background: Background) -> None:
    async def flood() -> list[bytes | BaseException]:
        return await asyncio.gather(*(ask_once(rig.port, n) for n in range(2_000)), return_exceptions=True)

    results = background.call(flood(), 60)
    assert Counter(map(str, results)) == {str(b"HTTP/1.1 200 OKok"): 2_000}
    counts = rig.counts(lambda counts: counts.sent == 2_000)
    assert counts.served["all"][0] == 2_000
    deadline = time.monotonic() + 10
    while len(rig.exchanges()) + sum(counts.dropped.values()) < 2_000 and time.monotonic() < deadline:
        time.sleep(0.05)
        counts = rig.counts()
    assert len(rig.exchanges()) + sum(counts.dropped.values()) == 2_000
    assert rig.legacy.open < 50, "connections to a side end with the client's"


class Loader(threading.Thread):
    """Asks on one connection after another until told to stop; `failed` holds what went wrong."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.stop = threading.Event()
        self.answered = 0
        self.failed: list[BaseException | bytes] = []

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with RawClient(self.port) as client:
                    while not self.stop.is_set():
                        reply = client.ask("GET", "/loaded")
                        if reply.status != 200:
                            self.failed.append(reply.line)
                        self.answered += 1
                        time.sleep(0.001)  # the fakes share two cores with the plane
                        if reply.values("connection") == [b"close"]:
                            break
            except Exception as error:  # noqa: BLE001  whatever it is, a client saw it
                self.failed.append(error)


@contextmanager
def loaded(port: int, count: int) -> Iterator[list[Loader]]:
    """That many clients ask without a break."""
    loaders = [Loader(port) for _ in range(count)]
    for loader in loaders:
        loader.start()
    try:
        yield loaders
    finally:
        for loader in loaders:
            loader.stop.set()
        for loader in loaders:
            loader.join()


def test_draining_loses_no_request(rig: Rig) -> None:
    """A supervisor starts the next plane on the same socket and lets the first drain; clients notice nothing."""
    first = rig.process
    with loaded(rig.port, 4) as loaders, rig.client() as waiting:
        assert waiting.ask("GET", "/by-the-first").status == 200
        rig.restart(boot="b2")
        rig.sink.wait(lambda frames: any(isinstance(f, Hello) and f.boot == "b2" for f in frames))
        waiting.send(request("GET", "/slow"))
        while "/slow" not in rig.legacy.targets():
            time.sleep(0.01)
        first.send_signal(signal.SIGTERM)
        reply = waiting.read()
        assert (reply.body, reply.values("connection")) == (b"slow", [b"close"])
        assert first.wait(30) == 0
        time.sleep(0.3)
    assert [loader.failed for loader in loaders] == [[] for _ in loaders]
    assert all(loader.answered for loader in loaders)
    goodbye = next(frame for frame in rig.sink.taken if isinstance(frame, Goodbye))
    of_first = [exchange for exchange in rig.exchanges() if exchange.origin.boot == "b1"]
    assert goodbye.counts.sent == len(of_first) + sum(goodbye.counts.dropped.values())


def test_what_takes_longer_than_the_drain_is_cut(launch: Launch) -> None:
    rig = launch(table(1), legacy={"/slow": lambda _: iter((Pause(30), answer(b"never")))}, drain_ms=200)
    with rig.client() as client:
        client.send(request("GET", "/slow"))
        while "/slow" not in rig.legacy.targets():
            time.sleep(0.01)
        rig.process.terminate()
        assert rig.process.wait(30) == 0
        assert client.closed()


def test_a_plane_that_is_killed_loses_at_most_a_heartbeat(rig: Rig) -> None:
    """The socket outlives it: who connects meanwhile waits for the next one. The worker knows what `sent` it saw."""
    before = rig.counts().sent
    with rig.client() as client:
        for number in range(50):
            client.ask("GET", f"/{number}")
        sent = rig.counts(lambda counts: counts.sent == before + 50).sent
        os.kill(rig.process.pid, signal.SIGKILL)
        rig.process.wait(30)
        assert client.closed()
    late = RawClient(rig.port)
    late.send(request("GET", "/late"))
    rig.restart(boot="b3")
    assert late.read().status == 200
    late.close()
    seqs = {exchange.origin.seq for exchange in rig.exchanges() if exchange.origin.boot == "b2"}
    assert sent - len(seqs) == sum(rig.dropped("b2").values()), (
        "what the last heartbeat named is all accounted for"
    )
    exchange = rig.exchange("/late")
    assert (exchange.origin.boot, exchange.origin.seq) == ("b3", 1)


def test_a_plane_ends_when_its_supervisor_is_gone(rig: Rig) -> None:
    """What is under way is answered first; connections between two requests do not hold up the end."""
    goodbyes = sum(isinstance(frame, Goodbye) for frame in rig.sink.taken)
    assert rig.process.stdin is not None
    with rig.client() as client, rig.client() as idle, rig.client() as used:
        assert used.ask("GET", "/").status == 200
        client.send(request("GET", "/slow?last"))
        while "/slow?last" not in rig.legacy.targets():
            time.sleep(0.01)
        began = time.monotonic()
        rig.process.stdin.close()
        assert client.read().body == b"slow"
        assert idle.closed()
        assert used.closed()
        assert rig.process.wait(30) == 0
        assert time.monotonic() - began < rig.settings.drain_ms / 1000
    rig.sink.wait(lambda frames: sum(isinstance(frame, Goodbye) for frame in frames) == goodbyes + 1)
