"""The plane against a stock `mitmdump --mode reverse:`, in the same run, on the same machine.

    python bench/plane.py [--rounds 5] [--seconds 3] [--json FILE]

A round measures every peer once, in turn, so that a slow minute of the machine hits them all alike; a figure is the
median of the rounds, its spread beside it. The load is 32 connections that each wait for their answer (2 kB of JSON)
before they ask again; then, at half of the plane's capacity, requests at fixed times. An answer that is not whole, a
connection that ends, and a status other than 200 are errors, and an error voids the run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from strangler.ledger.store import open_ledger
from strangler.ledger.streams import streams
from strangler.routing import Match, Route, Table
from strangler.routing.template import parse_template
from strangler_shadow.settings import PlaneSettings, SideSettings
from strangler_shadow.testing import WorkerProcess

CONNECTIONS = 32
BODY = json.dumps(
    {
        "invoice": "F-2031",
        "lines": [{"text": f"line {n}", "net": f"{n}.90", "vat": "0.19"} for n in range(46)],
    }
).encode()[:2_048]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
REQUEST = b"GET /invoices/2031 HTTP/1.1\r\nHost: billing.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


# --- the upstream ---


class Upstream(asyncio.Protocol):
    """Answers every request with the same 2 kB."""

    def __init__(self) -> None:
        self.waiting = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        asked = self.waiting.count(b"\r\n\r\n")
        if asked:
            self.waiting = self.waiting.rpartition(b"\r\n\r\n")[2]
            self.transport.write(ANSWER * asked)


async def run_upstream(fd: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, sock=socket.socket(fileno=fd), backlog=1024)
    await server.serve_forever()


# --- the load ---


@dataclass
class Load:
    """What one measurement saw; times in seconds."""

    times: list[float] = field(default_factory=list)
    errors: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Client(asyncio.Protocol):
    """One connection. With an `interval` it asks at fixed times, and late answers count from the time they were due."""

    def __init__(self, load: Load, interval: float, offset: float) -> None:
        self.load, self.interval, self.offset = load, interval, offset
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self.buffer = b""
        self.due = 0.0
        self.stopped = self.asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass
        self.due = time.perf_counter() + self.offset
        self.loop.call_later(self.offset, self.ask)

    def ask(self) -> None:
        if self.stopped:
            self.transport.close()
            return
        if not self.interval:
            self.due = time.perf_counter()
        self.asking = True
        self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self.buffer, 0, head)
        if length is None or not self.buffer.startswith(b"HTTP/1.1 200"):
            self.load.errors += 1
            self.transport.abort()
            return
        end = head + 4 + int(length[1])
        if len(self.buffer) < end:
            return
        self.load.errors += self.buffer[head + 4 : end] != BODY
        self.buffer = self.buffer[end:]
        self.asking = False
        now = time.perf_counter()
        self.load.times.append(now - self.due)
        if not self.interval:
            self.ask()
        else:
            self.due += self.interval
            self.loop.call_later(max(self.due - now, 0), self.ask)

    def connection_lost(self, _: Exception | None) -> None:
        self.load.errors += self.asking and not self.stopped


def same(client: Client) -> Client:
    return client


async def measure(port: int, seconds: float, rate: float = 0.0) -> Load:
    """Load `port` for a while; closed loop, or `rate` requests a second in all."""
    load = Load()
    loop = asyncio.get_running_loop()
    interval = CONNECTIONS / rate if rate else 0.0
    clients: list[Client] = []
    for index in range(CONNECTIONS):
        client = Client(load, interval, interval * index / CONNECTIONS)
        await loop.create_connection(partial(same, client), "127.0.0.1", port)
        clients.append(client)
    await asyncio.sleep(0.3)  # warm
    load.times.clear()
    began = loop.time()
    await asyncio.sleep(seconds)
    load.seconds = loop.time() - began
    for client in clients:
        client.stopped = True
        client.transport.abort()
    await asyncio.sleep(0.05)
    return load


# --- the peers ---

_PLANE = ("-m", "strangler_shadow.planes.mitmproxy")


def listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=1024)


@contextlib.contextmanager
def process(
    *command: str, fd: int | None = None, give: bytes | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    started = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("BENCH_DEBUG") else subprocess.DEVNULL,
        pass_fds=() if fd is None else (fd,),
    )
    assert started.stdin is not None
    try:
        if give is not None:
            started.stdin.write(give)
            started.stdin.flush()
        yield started
    finally:
        started.kill()
        started.wait()


@contextlib.contextmanager
def upstream() -> Iterator[int]:
    with listen() as sock, process(__file__, "--serve-upstream", str(sock.fileno()), fd=sock.fileno()):
        yield sock.getsockname()[1]


@contextlib.contextmanager
def plane(legacy: int, folder: Path, worker: str, *, capture: bool) -> Iterator[int]:
    """A plane whose only route is shadowed, or not."""
    state = Path(tempfile.mkdtemp(dir=folder))
    match = Match(parse_template("/invoices/{id}"))
    every = Route("invoice", match, "reads", phase="shadow" if capture else "legacy")
    (state / "table.json").write_bytes(msgspec.json.encode(Table(1, 0, (every,))))
    side = SideSettings(f"http://127.0.0.1:{legacy}")
    with listen() as sock:
        settings = PlaneSettings(
            plane="bench",
            boot="1",
            listen_fd=sock.fileno(),
            control="http://127.0.0.1:1",
            worker=worker,
            state=str(state),
            legacy=side,
            candidate=side,
            identity_key=b"k" * 32,
            capture=capture,
        )
        give = msgspec.json.encode(settings) + b"\n"
        with process(*_PLANE, fd=sock.fileno(), give=give):
            yield sock.getsockname()[1]


@contextlib.contextmanager
def stock(legacy: int, folder: Path, *options: str) -> Iterator[int]:
    """mitmdump as it comes, its output thrown away."""
    with listen() as sock:
        port = sock.getsockname()[1]
    program = "from mitmproxy.tools.main import mitmdump; mitmdump()"
    mode = ["--mode", f"reverse:http://127.0.0.1:{legacy}", "-p", str(port), "--set", f"confdir={folder}"]
    with process("-c", program, *mode, *options):
        yield port


CONFIG = """\
version: 1
legacy: {{url: "http://127.0.0.1:{port}"}}
candidate: {{url: "http://127.0.0.1:{port}", version: {{value: "1"}}}}
routes:
  invoice: GET /invoices/{{id}}
cutovers:
  reads: {{routes: [invoice]}}
"""


@contextlib.contextmanager
def shadowing(legacy: int, folder: Path) -> Iterator[WorkerProcess]:
    """The worker: it asks the upstream the same, compares, and writes to a ledger. Stopped but while it is measured."""
    config = folder / "strangler.yaml"
    config.write_text(CONFIG.format(port=legacy))
    with WorkerProcess(config, folder / "worker", version="1") as worker:
        yield worker
        os.kill(worker.pid, signal.SIGCONT)


async def ready(port: int) -> None:
    """Until one whole answer has come."""
    for _ in range(200):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            async with asyncio.timeout(5):
                await reader.readuntil(BODY[-32:])
            writer.close()
            return
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


# --- the account ---


def told(folder: Path) -> dict[str, int]:
    """What became of the exchanges of the capturing plane, by the ledger."""
    ledger = open_ledger("sqlite:///strangler.db", folder)
    try:
        with ledger.read() as connection:
            found = streams(connection)
    finally:
        ledger.close()
    return {
        what: sum(getattr(stream, what) for stream in found)
        for what in ("sent", "recorded", "dropped", "shed", "gaps", "outstanding")
    }


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


async def account(
    ports: dict[str, int], worker: WorkerProcess, rounds: int, seconds: float
) -> dict[str, object]:
    loads: dict[str, list[Load]] = {name: [] for name in ports}
    for _ in range(rounds):
        for name, port in ports.items():
            os.kill(worker.pid, signal.SIGCONT if name == "capturing" else signal.SIGSTOP)
            loads[name].append(await measure(port, seconds))
    os.kill(worker.pid, signal.SIGSTOP)
    half = statistics.median(load.rate for load in loads["plane"]) / 2
    paced: dict[str, list[Load]] = {"direct": [], "plane": []}
    for _ in range(rounds):
        for name, seen in paced.items():
            seen.append(await measure(ports[name], seconds, half))
    result: dict[str, object] = {
        name: {
            "requests_per_second": spread([load.rate for load in seen]),
            "p50_ms": spread([load.percentile(0.5) * 1000 for load in seen]),
            "p99_ms": spread([load.percentile(0.99) * 1000 for load in seen]),
            "errors": sum(load.errors for load in seen),
        }
        for name, seen in loads.items()
    }
    added = {
        f"p{share}_ms": statistics.median(load.percentile(share / 100) for load in paced["plane"]) * 1000
        - statistics.median(load.percentile(share / 100) for load in paced["direct"]) * 1000
        for share in (50, 99)
    }
    result["added_at_half_capacity"] = {"requests_per_second": half, **added}
    result["paced_errors"] = sum(load.errors for seen in paced.values() for load in seen)
    return result


def ratios(result: dict[str, object]) -> dict[str, dict[str, float]]:
    """Of the plane to either mitmdump: requests a second (more is better), p99 (less is better)."""

    def figure(name: str, what: str) -> float:
        return float(result[name][what]["median"])  # type: ignore[index]

    return {
        f"{ours} to {theirs}": {
            "requests_per_second": figure(ours, "requests_per_second")
            / figure(theirs, "requests_per_second"),
            "p99": figure(ours, "p99_ms") / figure(theirs, "p99_ms"),
        }
        for ours in ("plane", "capturing")
        for theirs in ("mitmdump", "mitmdump --quiet")
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve-upstream", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve_upstream is not None:
        uvloop.run(run_upstream(asked.serve_upstream))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        legacy = stack.enter_context(upstream())
        worker = stack.enter_context(shadowing(legacy, folder))
        ports = {
            "direct": legacy,
            "mitmdump": stack.enter_context(stock(legacy, folder)),
            "mitmdump --quiet": stack.enter_context(stock(legacy, folder, "--quiet")),
            "plane": stack.enter_context(plane(legacy, folder, str(worker.socket), capture=False)),
            "capturing": stack.enter_context(plane(legacy, folder, str(worker.socket), capture=True)),
        }

        async def run() -> dict[str, object]:
            for port in ports.values():
                await ready(port)
            return await account(ports, worker, asked.rounds, asked.seconds)

        result = uvloop.run(run())
        result["worker"] = told(folder)
    result["ratios"] = ratios(result)
    text = json.dumps(result, indent=2)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n")
    return 1 if any(isinstance(entry, dict) and entry.get("errors") for entry in result.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
