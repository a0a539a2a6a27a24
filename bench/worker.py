"""One shadow worker against a bare aiohttp client loop, in the same run, on the same machine.

    python bench/worker.py [--rounds 5] [--exchanges 4000] [--json FILE]

Both ask the same upstream (2 kB of JSON, a process of its own) with 64 questions under way. The bare loop does nothing
else. The worker takes exchanges from a plane's socket, asks, compares, and writes to a SQLite ledger; its time ends
when the last exchange is committed. Twice: answers that are equal byte for byte, and answers that say the same in
another spelling, so that each is decoded and walked. A round measures all in turn; a figure is the median, its spread
beside it. `processor` is the ratio by processor time alone, which other work on the machine does not move.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import aiohttp
import psutil
import uvloop

from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.streams import streams
from strangler.testing.samples import as_json, invoice
from strangler_shadow.testing import FakePlane, WorkerProcess
from strangler_shadow.testing.plane import exchange
from strangler_shadow.wire import Captured, encode

CONCURRENCY = 64
AIM = 0.5
BODY = as_json(invoice(7))
FIELDS = ((b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(BODY)))
OTHER = as_json(invoice(7), indent=1, reverse=True)
SENT = {
    "Host": "127.0.0.1",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "plane.test",
    "Via": "1.1 strangler",
}
"""What the worker sends too."""
CONFIG = """\
version: 1
legacy: {{url: "http://127.0.0.1:{port}"}}
candidate: {{url: "http://127.0.0.1:{port}", version: {{value: "1"}}}}
worker: {{concurrency: {concurrency}, timeout: 60s}}
routes:
  invoice: GET /invoices/{{id}}
cutovers:
  reads: {{routes: [invoice]}}
"""


class Upstream(asyncio.Protocol):
    """Answers every request with the invoice; under /other in another spelling."""

    answers = tuple(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
        for body in (BODY, OTHER)
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head, self.waiting = self.waiting[:end], self.waiting[end + 4 :]
            self.transport.write(self.answers[b" /invoices/other" in head])


async def run_upstream(fd: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        Upstream, sock=socket.socket(fileno=fd), backlog=1024
    )
    await server.serve_forever()


async def run_bare(port: int, count: int) -> tuple[float, float]:
    """Requests per second, and per second of processor time, of a loop that asks the same and reads."""
    connector = aiohttp.TCPConnector(limit=0)
    root = f"http://127.0.0.1:{port}/invoices/"
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        left = count

        async def ask() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                async with session.get(f"{root}{left}", headers=SENT, allow_redirects=False) as answer:
                    if len(await answer.read()) != len(BODY):
                        raise RuntimeError("another answer")

        await asyncio.gather(*(ask() for _ in range(CONCURRENCY)))
        left, started, worked = count, time.perf_counter(), time.process_time()
        await asyncio.gather(*(ask() for _ in range(CONCURRENCY)))
        return count / (time.perf_counter() - started), count / (time.process_time() - worked)


def bare(port: int, count: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--bare", str(port), str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    whole, worked = done.stdout.split()
    return float(whole), float(worked)


def shadowing(
    plane: FakePlane, worker: psutil.Process, ledger: Ledger, path: str, count: int
) -> tuple[float, float]:
    """Exchanges per second from the first sent to the last committed, and per second of the worker's processor time."""
    frames = [
        encode(Captured(plane.number(exchange(f"{path}{number}", BODY, fields=FIELDS))))
        for number in range(count)
    ]
    wanted = recorded(ledger) + count
    started, worked = time.perf_counter(), processor(worker)
    plane.raw(b"".join(frames))
    while (found := recorded(ledger)) < wanted:
        if time.perf_counter() - started > 120:
            raise RuntimeError(f"{wanted - found} of {count} are not recorded")
        time.sleep(0.05)
    return count / (time.perf_counter() - started), count / (processor(worker) - worked)


def processor(process: psutil.Process) -> float:
    """Seconds of processor time it has used."""
    times = process.cpu_times()
    return times.user + times.system


def recorded(ledger: Ledger) -> int:
    with ledger.read() as connection:
        found = streams(connection)
    if any(stream.shed or stream.gaps for stream in found):
        raise RuntimeError(f"something was shed: {found}")
    return sum(stream.recorded for stream in found)


@contextmanager
def upstream() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fd = listening.fileno()
        process = subprocess.Popen([sys.executable, __file__, "--upstream", str(fd)], pass_fds=(fd,))
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait()


def measure(rounds: int, count: int) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {"bare": [], "equal bytes": [], "another spelling": []}
    with ExitStack() as stack:
        port = stack.enter_context(upstream())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strangler-bench-")))
        file = folder / "strangler.yaml"
        file.write_text(CONFIG.format(port=port, concurrency=CONCURRENCY))
        ledger = open_ledger("sqlite:///strangler.db", folder)
        stack.callback(ledger.close)
        worker = stack.enter_context(WorkerProcess(file, folder / "state"))
        plane = stack.enter_context(FakePlane(worker.socket))
        process = psutil.Process(worker.pid)
        shadowing(plane, process, ledger, "/invoices/", 1_000)
        for _ in range(rounds):
            found["bare"].append(bare(port, count))
            found["equal bytes"].append(shadowing(plane, process, ledger, "/invoices/", count))
            found["another spelling"].append(shadowing(plane, process, ledger, "/invoices/other/", count))
    return found


def summary(found: dict[str, list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    out: dict[str, dict[str, float]] = {}
    for name, rates in found.items():
        ratios = sorted(rate / peer for (rate, _), (peer, _) in zip(rates, found["bare"], strict=True))
        work = sorted(rate / peer for (_, rate), (_, peer) in zip(rates, found["bare"], strict=True))
        out[name] = {
            "per_second": round(statistics.median(rate for rate, _ in rates), 1),
            "lowest": round(min(rates)[0], 1),
            "highest": round(max(rates)[0], 1),
            "ratio": round(statistics.median(ratios), 3),
            "ratio_lowest": round(ratios[0], 3),
            "ratio_highest": round(ratios[-1], 3),
            "processor_ratio": round(statistics.median(work), 3),
        }
    return out


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--exchanges", type=int, default=4_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--bare", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--upstream", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.upstream is not None:
        uvloop.run(run_upstream(given.upstream))
        return 0
    if given.bare:
        print(*uvloop.run(run_bare(*given.bare)))
        return 0
    found = summary(measure(given.rounds, given.exchanges))
    print(f"{'':18}{'per second':>12}{'spread':>18}{'ratio':>8}{'spread':>14}{'processor':>11}")
    for name, row in found.items():
        spread = f"{row['lowest']:.0f} to {row['highest']:.0f}"
        ratios = f"{row['ratio_lowest']:.2f} to {row['ratio_highest']:.2f}"
        print(
            f"{name:18}{row['per_second']:>12.0f}{spread:>18}{row['ratio']:>8.2f}{ratios:>14}"
            f"{row['processor_ratio']:>11.2f}"
        )
    met = all(row["ratio"] >= AIM for name, row in found.items() if name != "bare")
    print(f"aim: at least {AIM} of the bare loop: {'met' if met else 'missed'}")
    if given.json:
        given.json.write_text(json.dumps({"worker": found, "aim": AIM, "met": met}, indent=2) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
