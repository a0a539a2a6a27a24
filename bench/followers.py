"""What clients of the plane notice of 200 pages that follow the ledger.

    python bench/followers.py [--seconds 300] [--rounds 10] [--clients 200] [--rate 200] [--pages] [--json FILE]

A whole `strangler serve` (control, plane, worker, dashboard) over a SQLite ledger, with every exchange shadowed, so
that there is always something new to hear of. Requests come at fixed times, `--rate` a second, and latency counts from
the moment at which each was due. Rounds by turns, without followers and with them (then with and without, so that a
drift of the machine falls on both alike); `--seconds` is the time with followers in all. A follower is a connection to
`/events` that reads everything; all are in one process of their own, which shares the cores and whose processor time
is printed. Each event says how many changes it tells of, so that one that was lost is seen. With `--pages` a follower
does all that an open page does: told of a change, it asks for the board again, with its ETag, every 0.7 s at most.

It fails when an event is lost, a connection ends, a request fails, memory or descriptors grow, or the plane's p99 with
followers is beyond what the rounds without them had among themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import psutil
import uvloop
from plane import Load, measure, ready, spread, upstream

from strangler_shadow.testing import ServeProcess, until

CONFIG = """\
version: 1
legacy: {{url: "http://127.0.0.1:{port}"}}
candidate: {{url: "http://127.0.0.1:{port}", version: {{value: "1"}}}}
serve: {{listen: "127.0.0.1:0", control: "127.0.0.1:0", dashboard: "127.0.0.1:0"}}
routes:
  invoice: GET /invoices/{{id}}
cutovers:
  reads: {{routes: [invoice]}}
"""
EVENT = re.compile(rb"id: (\d+)\nevent: (\w+)\ndata: (\d*)\n\n")
WATCHED = ("dashboard", "plane-1", "worker", "control")
FLAT = ("dashboard", "plane-1")
"""Those whose memory and descriptors followers could move; the others are shown beside them."""
SAMPLE_S, SETTLES_S, PAGE_S = 1.0, 2.0, 0.7
APART = 2
"""Changes that one follower may know of and another not yet: the one that is told now, and the one that comes next."""
GROWTH_MB, GROWTH_FILES = 8.0, 5
"""What a process may have gained from the end of the first round with followers to that of the last."""


# --- those who follow ---


class Heard(msgspec.Struct):
    """What all followers heard together. `lag_ms`: from the first who heard of a change to the last, the median and the
    worst; `lost`: changes that nobody told a follower of; `behind`: told once of several changes.
    """

    clients: int
    events: int
    least: int
    most: int
    lost: int
    behind: int
    ended: int
    apart: int
    lag_ms: tuple[float, float]
    pages: int
    unchanged: int
    cpu_s: float


@dataclass
class Ear:
    """What one follower heard."""

    ident: int = -1
    events: int = 0
    lost: int = 0
    behind: int = 0
    ended: bool = False


@dataclass
class Crowd:
    """All followers of a process."""

    port: int
    ears: list[Ear] = field(default_factory=list[Ear])
    first: dict[int, float] = field(default_factory=dict[int, float])
    last: dict[int, float] = field(default_factory=dict[int, float])
    pages: int = 0
    unchanged: int = 0

    def heard(self, ear: Ear, ident: int, name: str, told: int) -> None:
        """One event."""
        if name != "hello":
            ear.lost += abs(ident - ear.ident - told)
            ear.behind += told > 1
            ear.events += 1
        if name == "changed":
            now = time.monotonic()
            self.first.setdefault(ident, now)
            self.last[ident] = now
        ear.ident = ident

    def account(self) -> Heard:
        """What became of it."""
        lags = sorted(self.last[ident] - self.first[ident] for ident in self.first) or [0.0]
        counts = [ear.events for ear in self.ears]
        times = psutil.Process().cpu_times()
        return Heard(
            clients=len(self.ears),
            events=sum(counts),
            least=min(counts),
            most=max(counts),
            lost=sum(ear.lost for ear in self.ears),
            behind=sum(ear.behind for ear in self.ears),
            ended=sum(ear.ended for ear in self.ears),
            apart=max(ear.ident for ear in self.ears) - min(ear.ident for ear in self.ears),
            lag_ms=(round(statistics.median(lags) * 1000, 1), round(lags[-1] * 1000, 1)),
            pages=self.pages,
            unchanged=self.unchanged,
            cpu_s=round(times.user + times.system, 2),
        )


class Follower(asyncio.Protocol):
    """One connection to /events. `told`: set when there is something to ask the page for; `shown`: it had one."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.ear, self.told, self.shown = crowd, Ear(), asyncio.Event(), asyncio.Event()
        self.buffer = b""
        crowd.ears.append(self.ear)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = 0
        for found in EVENT.finditer(self.buffer):
            end = found.end()
            self.crowd.heard(self.ear, int(found[1]), found[2].decode(), int(found[3] or 0))
            self.told.set()
        self.buffer = self.buffer[end:]

    def connection_lost(self, _: Exception | None) -> None:
        self.ear.ended = True
        self.told.set()


async def read_pages(follower: Follower) -> None:
    """Ask for the board whenever there is something new, as its script does."""
    crowd, tag = follower.crowd, b""
    reader, writer = await asyncio.open_connection("127.0.0.1", crowd.port)
    while not follower.ear.ended:
        await follower.told.wait()
        follower.told.clear()
        match = b"If-None-Match: %s\r\n" % tag if tag else b""
        writer.write(b"GET /board HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n%s\r\n" % match)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # it rested for longer than the server keeps a connection
            reader, writer = await asyncio.open_connection("127.0.0.1", crowd.port)
            follower.told.set()
            continue
        length = re.search(rb"content-length: (\d+)", head)
        found = re.search(rb"etag: (\S+)", head)
        tag = found[1] if found else b""
        if length:
            await reader.readexactly(int(length[1]))
        crowd.pages += 1
        follower.shown.set()
        crowd.unchanged += b" 304 " in head.partition(b"\r\n")[0]
        await asyncio.sleep(PAGE_S)


def same(follower: Follower) -> Follower:
    return follower


async def follow(port: int, clients: int, *, pages: bool) -> None:
    """Say that all have been greeted, and see their pages; follow until standard input ends; then the account."""
    loop, crowd = asyncio.get_running_loop(), Crowd(port)
    followers = [Follower(crowd) for _ in range(clients)]
    for follower in followers:
        await loop.create_connection(functools.partial(same, follower), "127.0.0.1", port)
    async with asyncio.timeout(60):
        await asyncio.gather(*(follower.told.wait() for follower in followers))
    readers = [asyncio.create_task(read_pages(each)) for each in followers] if pages else []
    if pages:
        await asyncio.gather(*(follower.shown.wait() for follower in followers))
    print("following", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(msgspec.json.encode(crowd.account()).decode(), flush=True)
    for reader in readers:
        reader.cancel()


@contextlib.contextmanager
def following(port: int, clients: int, *, pages: bool) -> Iterator[subprocess.Popen[str]]:
    """The process of those who follow."""
    command = [sys.executable, __file__, "--follow", str(port), "--clients", str(clients)]
    with subprocess.Popen(
        [*command, *(["--pages"] if pages else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "following\n":
                raise SystemExit(f"not all {clients} were let in")
            yield process
        finally:
            process.kill()


# --- what the processes take ---


@dataclass
class Sample:
    """Of a process. `at`: seconds of time with followers; `memory`: bytes of RSS."""

    at: float
    memory: int
    files: int


class Watched:
    """The processes of a `serve`, sampled while they are followed."""

    def __init__(self, served: ServeProcess) -> None:
        self.processes = {name: psutil.Process(served.child(name).pid) for name in WATCHED}
        self.samples: dict[str, list[Sample]] = {name: [] for name in WATCHED}
        self.ends: dict[str, list[Sample]] = {name: [] for name in WATCHED}
        self.with_followers = 0.0

    def sample(self, *, end: bool = False) -> None:
        """Take one of each; `end`: of a round, when all have gone."""
        for name, process in self.processes.items():
            found = Sample(self.with_followers, process.memory_info().rss, process.num_fds())
            (self.ends if end else self.samples)[name].append(found)

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far."""
        times = {name: process.cpu_times() for name, process in self.processes.items()}
        return {name: each.user + each.system for name, each in times.items()}

    async def keep_sampling(self, since: float) -> None:
        """While followers are there."""
        began = time.monotonic()
        while True:
            self.with_followers = since + time.monotonic() - began
            self.sample()
            await asyncio.sleep(SAMPLE_S)

    def account(self) -> dict[str, dict[str, Any]]:
        """Megabytes and descriptors at the start, in the middle and at the end; the slope by least squares of the later
        half, in which everything has been made once.
        """
        out: dict[str, dict[str, Any]] = {}
        for name, found in self.samples.items():
            late = found[len(found) // 2 :]
            slope = statistics.linear_regression([e.at for e in late], [e.memory / 1e6 for e in late]).slope
            ends = self.ends[name]
            out[name] = {
                "rss_mb": [round(found[at].memory / 1e6, 1) for at in (0, len(found) // 2, -1)],
                "slope_mb_per_minute": round(slope * 60, 2),
                "grown_mb": round((ends[-1].memory - ends[0].memory) / 1e6, 1),
                "files": [found[at].files for at in (0, len(found) // 2, -1)],
                "files_after_rounds": [each.files for each in ends],
            }
        return out


# --- the rounds ---


@dataclass
class Found:
    """Everything that was seen."""

    loads: dict[str, list[Load]] = field(default_factory=lambda: {"without": [], "with": []})
    heard: list[Heard] = field(default_factory=list[Heard])
    cpu: dict[str, list[dict[str, float]]] = field(default_factory=lambda: {"without": [], "with": []})


class Bench:
    """One `serve` and the rounds over it."""

    def __init__(self, asked: argparse.Namespace, served: ServeProcess) -> None:
        self.asked = asked
        self.port, self.pages = (
            urlsplit(url).port or 0 for url in (served.serving.listen, served.serving.dashboard)
        )
        self.watched = Watched(served)
        self.found = Found()
        self.seconds = asked.seconds / asked.rounds

    async def run(self) -> None:
        """All rounds; one of each before that is not counted."""
        await ready(self.port)
        await self.round("without", 3.0)
        await self.round("with", 3.0)
        self.found, self.watched.samples = Found(), {name: [] for name in WATCHED}
        for number in range(self.asked.rounds):
            for name in ("without", "with") if number % 2 == 0 else ("with", "without"):
                await self.round(name, self.seconds)

    async def round(self, name: str, seconds: float) -> None:
        """One, and a line about it."""
        load, spent = await (self.loaded(seconds) if name == "without" else self.followed(seconds))
        self.found.loads[name].append(load)
        self.found.cpu[name].append(spent)
        print(
            f"  {name:8} p50 {load.percentile(0.5) * 1000:6.2f} ms   p99 {load.percentile(0.99) * 1000:7.2f} ms"
            f"   {len(load.times)} requests   processor: "
            + ", ".join(f"{each} {share:.0%}" for each, share in spent.items()),
            flush=True,
        )

    async def loaded(self, seconds: float) -> tuple[Load, dict[str, float]]:
        """The load, and the share of a core that each process took meanwhile."""
        before = self.watched.cpu()
        load = await measure(self.port, seconds, self.asked.rate)
        return load, {name: (after - before[name]) / seconds for name, after in self.watched.cpu().items()}

    async def followed(self, seconds: float) -> tuple[Load, dict[str, float]]:
        """The same, while pages follow."""
        with following(self.pages, self.asked.clients, pages=self.asked.pages) as crowd:
            sampling = asyncio.create_task(self.watched.keep_sampling(self.watched.with_followers))
            found = await self.loaded(seconds)
            sampling.cancel()
            said, _ = await asyncio.to_thread(crowd.communicate, "\n", 30)
        self.found.heard.append(msgspec.json.decode(said, type=Heard))
        await asyncio.sleep(SETTLES_S)
        self.watched.sample(end=True)
        return found


def account(bench: Bench) -> dict[str, Any]:
    """The figures."""
    found, loads = bench.found, bench.found.loads
    result: dict[str, Any] = {"seconds_with_followers": bench.asked.seconds, "rate": bench.asked.rate}
    for share in (0.5, 0.99):
        values = {name: [load.percentile(share) * 1000 for load in seen] for name, seen in loads.items()}
        ratios = [each / base for base, each in zip(values["without"], values["with"], strict=True)]
        named = f"p{round(share * 100)}"
        result[f"{named}_ms"] = {name: spread(each) for name, each in values.items()}
        result[f"{named}_ratio"] = spread(ratios)
    result["errors"] = sum(load.errors for seen in loads.values() for load in seen)
    result["heard"] = [msgspec.to_builtins(each) for each in found.heard]
    result["processes"] = bench.watched.account()
    result["processor"] = {
        name: {each: round(statistics.median(spent[each] for spent in seen), 3) for each in WATCHED}
        for name, seen in found.cpu.items()
    }
    return result


def wrong(result: dict[str, Any]) -> list[str]:
    """What is not at its aim."""
    out = [f"{result['errors']} requests failed"] if result["errors"] else []
    p99 = result["p99_ms"]
    if p99["with"]["median"] > p99["without"]["high"]:
        out.append("p99 with followers is beyond every round without them")
    for number, heard in enumerate(result["heard"], 1):
        out += [
            f"round {number}: {heard[what]} {text}"
            for what, text in (
                ("lost", "changes lost"),
                ("ended", "connections ended"),
            )
            if heard[what]
        ]
        if heard["apart"] > APART:
            out.append(f"round {number}: some follower is {heard['apart']} changes behind another")
    for name in FLAT:
        each = result["processes"][name]
        if each["grown_mb"] > GROWTH_MB:
            out.append(f"{name} has grown by {each['grown_mb']} MB")
        if max(each["files_after_rounds"]) - each["files_after_rounds"][0] > GROWTH_FILES:
            out.append(f"{name} keeps descriptors: {each['files_after_rounds']}")
    return out


def show(result: dict[str, Any]) -> None:
    """For people."""
    for named in ("p50", "p99"):
        values, ratio = result[f"{named}_ms"], result[f"{named}_ratio"]
        print(
            f"{named}: without {values['without']['median']:.2f} ms"
            f" ({values['without']['low']:.2f} to {values['without']['high']:.2f}), with"
            f" {values['with']['median']:.2f} ({values['with']['low']:.2f} to {values['with']['high']:.2f}):"
            f" {ratio['median']:.2f} x ({ratio['low']:.2f} to {ratio['high']:.2f})"
        )
    heard = result["heard"]
    print(
        f"{heard[0]['clients']} followers: {sum(each['events'] for each in heard)} events,"
        f" {min(each['least'] for each in heard)} to {max(each['most'] for each in heard)} each a round;"
        f" {sum(each['lost'] for each in heard)} changes lost, told once of several"
        f" {sum(each['behind'] for each in heard)} times, {sum(each['ended'] for each in heard)} connections ended;"
        f" the last heard {statistics.median(each['lag_ms'][0] for each in heard):.0f} ms after the first,"
        f" {max(each['lag_ms'][1] for each in heard):.0f} at worst;"
        f" their own processor time {sum(each['cpu_s'] for each in heard):.1f} s"
    )
    if any(each["pages"] for each in heard):
        asked, same_ = (sum(each[what] for each in heard) for what in ("pages", "unchanged"))
        print(f"pages asked for: {asked}, unchanged {same_}")
    for name, each in result["processes"].items():
        cpu = result["processor"]
        print(
            f"{name}: RSS {' / '.join(map(str, each['rss_mb']))} MB, {each['slope_mb_per_minute']:+} MB a minute in"
            f" the later half, {each['grown_mb']:+} from round to round; descriptors"
            f" {' / '.join(map(str, each['files']))}, after the rounds {each['files_after_rounds'][0]} and"
            f" {each['files_after_rounds'][-1]}; processor {cpu['without'][name]:.0%} and {cpu['with'][name]:.0%}"
        )


@contextlib.contextmanager
def shadowing(folder: Path, port: int) -> Iterator[ServeProcess]:
    """A `serve` whose only route is shadowed."""
    config = folder / "strangler.yaml"
    config.write_text(CONFIG.format(port=port))
    with ServeProcess(config) as served:
        start = ["cutover", "start", "reads", "--reason", "a benchmark"]
        command = [sys.executable, "-m", "strangler_cli.main", *start]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        until(lambda: served.child("dashboard").pid)
        yield served


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--follow", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.follow is not None:
        uvloop.run(follow(asked.follow, asked.clients, pages=asked.pages))
        return 0
    with tempfile.TemporaryDirectory() as name, upstream() as port, shadowing(Path(name), port) as served:
        bench = Bench(asked, served)
        uvloop.run(bench.run())
        result = account(bench)
    show(result)
    failed = result["not_at_its_aim"] = wrong(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n")
    for each in failed:
        print(f"not at its aim: {each}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
