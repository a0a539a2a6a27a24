"""The loader: it sends what it is given, keeps its rate, counts everything, and stops when told."""

from __future__ import annotations

import asyncio
import itertools
import time

from strangler_demo.child import listening_socket
from strangler_demo.load import Tally, send
from strangler_demo.pace import Pace
from strangler_demo.systems import Systems
from strangler_demo.traffic import READS, Call


def test_everything_is_sent_and_counted(running: Systems) -> None:
    calls = list(running.traffic.reads(20))
    tally = asyncio.run(send(running.legacy.url, calls))
    assert tally.sent == len(calls) == 20 * len(READS)
    assert dict(tally.answered) == dict.fromkeys(READS, 20)
    assert tally.clean
    assert not tally.by_candidate
    assert 0 < tally.quantile_ns(50) <= tally.quantile_ns(99) <= tally.ended_ns - tally.began_ns
    assert asyncio.run(send(running.candidate.url, calls)).by_candidate == tally.answered


def test_the_identity_goes_along(running: Systems) -> None:
    """A canary is sticky by it; a service of the demo answers without looking at it."""
    seen: list[str] = []

    async def run() -> Tally:
        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            seen.append(head.decode().lower())
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(note, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await send(f"http://127.0.0.1:{port}", running.traffic.reads(1), concurrency=1)

    tally = asyncio.run(run())
    assert len(seen) == len(READS)
    assert all("\r\nx-customer: 10" in head for head in seen)
    assert tally.unexpected == {(route, 204): 1 for route in READS}


def test_a_rate_is_not_exceeded(running: Systems) -> None:
    began = time.monotonic_ns()
    tally = asyncio.run(send(running.legacy.url, running.traffic.route("customer", 60), pace=Pace(100)))
    assert tally.sent == 60
    assert time.monotonic_ns() - began >= 590_000_000


def test_it_goes_on_until_told_and_lets_others_look_meanwhile(running: Systems) -> None:
    async def run() -> Tally:
        stop, tally = asyncio.Event(), Tally()
        task = asyncio.create_task(
            send(running.legacy.url, running.traffic.endless(writes_percent=0), stop=stop, tally=tally)
        )
        while tally.sent < 200:  # noqa: ASYNC110  what is waited for is a count
            await asyncio.sleep(0.01)
        stop.set()
        return await task

    tally = asyncio.run(run())
    assert tally.sent >= 200
    assert tally.clean


def test_no_answer_is_counted_as_an_error() -> None:
    with listening_socket() as free:
        port = free.getsockname()[1]
    calls = itertools.repeat(Call("customer", "GET", "/customers/1", 1), 5)
    tally = asyncio.run(send(f"http://127.0.0.1:{port}", calls))
    assert tally.errors.total() == tally.sent == 5
    assert not tally.clean
    assert tally.quantile_ns(50) == 0
