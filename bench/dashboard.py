"""What each page takes on the server: 1,000,000 comparisons and 50,000 divergences, beside a hundredth of both.

python bench/dashboard.py [--on SQLite | --on PostgreSQL] [--keep FOLDER] [--rounds N] [--json FILE]

Each ledger is filled by scripts/dashboard_month.py (a month's story, and so many more of both), each is shown by a
`strangler dashboard` of its own, and pages are asked for over HTTP by turns, so that both meet the same machine. A page
is read whole, without an ETag. p95 is of the time from the question to the last byte; the weight is what went over the
wire. `--keep`: where the filled ledgers stay; the next run with it takes them as they are. The filters are such that
both ledgers fill a page, or both find next to nothing: else a ratio would be one of rows shown. Processor time is the
dashboard's own, without PostgreSQL's. The report's file is made of the big ledger, with its thousand divergences.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from strangler.ledger.store import open_ledger
from strangler.testing.postgres import NoPostgresError, Server, start

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "dashboard_month.py"
AIM_MS, AIM_RATIO, AIM_KB, AIM_REPORT_MB = 150, 1.5, 500, 2
PAGES = (
    "/board",
    "/divergences",
    "/divergences?severity=money",
    "/divergences?severity=info",
    "/divergences?state=accepted",
    "/divergences?route=payment",
    "/divergences?route=statement",
    "/divergences?cause=rounding",
    "/divergences?cause=time-zone",
    "/divergences?version=2.2.1",
    "/divergences?version=2.0.0",
    "/divergences?stratum=country%3DDE%2Ccurrency%3DEUR",
    "/divergences?seen=now",
    "/divergences?search=made.part4",
    "/divergences?search=part7.field7",
    "/divergences?search=nowhere+at+all",
    "/divergences?after=FOLLOWING",
    "/divergences/WORST",
    "/evidence/payments",
    "/cutovers/payments",
    "/numbers",
    "/effects",
    "/migrations",
    "/audit",
    "/system",
    "/board.json",
    "/divergences.json?limit=200",
    "/metrics",
)


class Shown:
    """A `strangler dashboard` that runs. `process`: its; it has said where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        port = re.search(r":(\d+)/board", process.stdout.readline())
        assert port is not None
        self._port = int(port[1])
        self._watched = psutil.Process(process.pid)
        found = json.loads(self.ask("/divergences.json")[2])
        self._names = {
            "WORST": found["divergences"][0]["divergence"]["id"],
            "FOLLOWING": found["following"] or "",
        }

    def ask(self, page: str) -> tuple[float, int, bytes]:
        """Milliseconds, bytes over the wire, the body."""
        for name, value in getattr(self, "_names", {}).items():
            page = page.replace(name, value)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        before = time.perf_counter()
        connection.request("GET", page, headers={"Accept": "text/html, application/openmetrics-text"})
        answer = connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - before) * 1000
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{page}: {answer.status} {body[:300]!r}")
        return taken, len(body) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders()), body

    @property
    def cpu(self) -> float:
        """Milliseconds of processor time so far."""
        times = self._watched.cpu_times()
        return (times.user + times.system) * 1000


@contextlib.contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """A `strangler dashboard` on a folder, ended whatever happens."""
    command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Shown(process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def fill(folder: Path, url: str, divergences: int, comparisons: int) -> None:
    """A ledger of this size, unless it is there; brought up to this version's schema."""
    done, size = folder / "filled", f"{divergences} divergences, {comparisons} comparisons"
    if not done.exists():
        for left in folder.glob("strangler.db*"):  # by a run that was ended while it filled
            left.unlink()
        command = [sys.executable, str(SCRIPT), str(folder), "--ledger", url]
        sizes = ["--divergences", str(divergences), "--comparisons", str(comparisons)]
        subprocess.run([*command, *sizes], check=True, stdout=subprocess.DEVNULL)
        done.write_text(size)
    if done.read_text() != size:
        raise SystemExit(f"{folder}: filled with {done.read_text()}, not {size}")
    file = folder / "strangler.yaml"
    file.write_text(re.sub(r'(?m)^ledger: ".*"$', f'ledger: "{url}"', file.read_text()))
    open_ledger(url, folder).close()


def _p95(times: list[float]) -> float:
    # The other method goes beyond what was measured where that is little.
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def measured(small: Shown, big: Shown, rounds: int) -> list[dict[str, Any]]:
    """Each page by turns from both."""
    out = []
    for page in PAGES:
        times: dict[str, list[float]] = {"small": [], "big": []}
        weight = 0
        for shown in (small, big):
            shown.ask(page)
        spent = big.cpu
        for _ in range(rounds):
            times["small"].append(small.ask(page)[0])
            taken, size, _ = big.ask(page)
            times["big"].append(taken)
            weight = max(weight, size)
        of_small, of_big = (_p95(times[name]) for name in ("small", "big"))
        out.append(
            {
                "page": page,
                "small_p95_ms": round(of_small, 1),
                "p95_ms": round(of_big, 1),
                "ratio": round(of_big / of_small, 2),
                "median_ms": round(statistics.median(times["big"]), 1),
                "median_ratio": round(statistics.median(times["big"]) / statistics.median(times["small"]), 2),
                "cpu_ms": round((big.cpu - spent) / rounds, 1),
                "kb": round(weight / 1000, 1),
            }
        )
    return out


def report(folder: Path) -> int:
    """Bytes of the report's file."""
    command = [sys.executable, "-m", "strangler_cli.main", "report", "-o", "report.html"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (folder / "report.html").stat().st_size


@contextlib.contextmanager
def urls(backend: str, folder: Path, *, keep: bool) -> Iterator[tuple[str, str]]:
    """Of two ledgers, which may be there. `folder`: empty, or as an earlier run left it."""
    if backend == "SQLite":
        yield "sqlite:///strangler.db", "sqlite:///strangler.db"
        return
    server = start(folder / "postgres")
    try:
        yield _database(server, folder / "small"), _database(server, folder / "big")
    finally:
        if server.folder is not None or not keep:
            server.stop()


def _database(server: Server, folder: Path) -> str:
    """The one that was filled, where the server is now; else another."""
    named = folder / "database"
    if not (folder / "filled").exists():
        folder.mkdir(exist_ok=True)
        named.write_text(urlsplit(server.create_database()).path)
    return urlsplit(server.url)._replace(path=named.read_text()).geturl()


def run(backend: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything on one kind of ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    with urls(backend, folder, keep=arguments.keep is not None) as (small_url, big_url):
        fill(folder / "small", small_url, arguments.divergences // 100, arguments.comparisons // 100)
        fill(folder / "big", big_url, arguments.divergences, arguments.comparisons)
        with shown(folder / "small") as small, shown(folder / "big") as big:
            pages = measured(small, big, arguments.rounds)
        return {"backend": backend, "pages": pages, "report_bytes": report(folder / "big")}


def show(found: dict[str, Any]) -> bool:
    """A table; whether everything is at its aim."""
    print(f"\n{found['backend']}")
    print(
        f"{'page':52} {'small p95':>10} {'p95 ms':>8} {'ratio':>6} {'median':>7} {'ratio':>6} {'cpu ms':>7} {'kB':>7}"
    )
    print(f"{'aims':52} {'':>10} {f'< {AIM_MS}':>8} {AIM_RATIO:6} {'':>7} {'':>6} {'':>7} {f'< {AIM_KB}':>7}")
    fine = True
    for row in found["pages"]:
        at_aim = row["p95_ms"] < AIM_MS and row["ratio"] <= AIM_RATIO and row["kb"] < AIM_KB
        fine &= at_aim
        print(
            f"{row['page'][:52]:52} {row['small_p95_ms']:10.1f} {row['p95_ms']:8.1f} {row['ratio']:6.2f} "
            f"{row['median_ms']:7.1f} {row['median_ratio']:6.2f} {row['cpu_ms']:7.1f} {row['kb']:7.1f}"
            f"{'' if at_aim else '  <'}"
        )
    print(f"the report's file: {found['report_bytes'] / 1e6:.2f} MB")
    return fine and found["report_bytes"] < AIM_REPORT_MB * 1_000_000


@contextlib.contextmanager
def _passing() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="strangler-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)  # PostgreSQL's server is somebody else where this is root
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--divergences", type=int, default=50_000)
    parser.add_argument("--comparisons", type=int, default=1_000_000)
    parser.add_argument("--on", choices=("SQLite", "PostgreSQL"))
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # else what was begun would run on
    results, fine = [], True
    for backend in [arguments.on] if arguments.on else ["SQLite", "PostgreSQL"]:
        with contextlib.ExitStack() as stack:
            folder = arguments.keep.resolve() if arguments.keep else stack.enter_context(_passing())
            try:
                results.append(run(backend, folder / backend, arguments))
            except NoPostgresError as error:
                print(f"not on {backend}: {error}", file=sys.stderr)
                continue
        fine &= show(results[-1])
    print("< marks what is not at its aim")
    if arguments.json:
        arguments.json.write_text(json.dumps({"results": results}, indent=1))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
