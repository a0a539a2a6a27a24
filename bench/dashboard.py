"""What each page takes on the server: 1,000,000 comparisons and 50,000 divergences, beside a hundredth of both.

python bench/dashboard.py [--json FILE] [--rounds N] [--on SQLite | --on PostgreSQL] [--filled SMALL BIG]

Each ledger is filled by scripts/dashboard_month.py (a month's story, and so many more of both), each is shown by a
`strangler dashboard` of its own, and pages are asked for over HTTP by turns, so that both meet the same machine. A page
is read whole, without an ETag. p95 is of the time from the question to the last byte; the weight is what went over the
wire. `--filled` takes two folders that were filled before. The report's file is made of the big ledger, with its
thousand divergences.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from strangler.testing.postgres import NoPostgresError, start

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "dashboard_month.py"
AIM_MS, AIM_RATIO, AIM_KB, AIM_REPORT_MB = 150, 1.5, 500, 2
PAGES = (
    "/board",
    "/divergences",
    "/divergences?severity=money",
    "/divergences?route=payment",
    "/divergences?route=statement",
    "/divergences?cause=rounding",
    "/divergences?version=2.2.1",
    "/divergences?version=2.0.0",
    "/divergences?stratum=country%3DDE%2Ccurrency%3DEUR",
    "/divergences?seen=now",
    "/divergences?search=made.part7.",
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
    """A `strangler dashboard` on a folder."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
        self._process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        port = re.search(r":(\d+)/board", self._process.stdout.readline())
        assert port is not None
        self._port = int(port[1])
        self._watched = psutil.Process(self._process.pid)
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

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


def fill(folder: Path, url: str, divergences: int, comparisons: int) -> None:
    """A ledger of this size."""
    folder.mkdir()
    command = [sys.executable, str(SCRIPT), str(folder), "--ledger", url]
    size = ["--divergences", str(divergences), "--comparisons", str(comparisons)]
    subprocess.run([*command, *size], check=True, stdout=subprocess.DEVNULL)


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
        of_small, of_big = (statistics.quantiles(times[name], n=20)[-1] for name in ("small", "big"))
        out.append(
            {
                "page": page,
                "small_p95_ms": round(of_small, 1),
                "p95_ms": round(of_big, 1),
                "ratio": round(of_big / of_small, 2),
                "median_ms": round(statistics.median(times["big"]), 1),
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
def urls(backend: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two ledgers to be."""
    if backend == "SQLite":
        yield "sqlite:///strangler.db", "sqlite:///strangler.db"
        return
    server = start(folder / "postgres")
    try:
        yield server.create_database(), server.create_database()
    finally:
        server.stop()


def run(backend: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything on one kind of ledger."""
    with urls(backend, folder) as (small_url, big_url):
        fill(folder / "small", small_url, arguments.divergences // 100, arguments.comparisons // 100)
        fill(folder / "big", big_url, arguments.divergences, arguments.comparisons)
        return compared(folder / "small", folder / "big", arguments.rounds, backend)


def compared(small: Path, big: Path, rounds: int, backend: str) -> dict[str, Any]:
    """Two folders, side by side."""
    with contextlib.ExitStack() as stack:
        shown = [stack.enter_context(contextlib.closing(Shown(folder))) for folder in (small, big)]
        pages = measured(shown[0], shown[1], rounds)
    return {"backend": backend, "pages": pages, "report_bytes": report(big)}


def show(found: dict[str, Any]) -> bool:
    """A table; whether everything is at its aim."""
    print(f"\n{found['backend']}")
    print(f"{'page':52} {'small p95':>10} {'p95 ms':>8} {'ratio':>6} {'median':>7} {'cpu ms':>7} {'kB':>7}")
    fine = True
    for row in found["pages"]:
        at_aim = row["p95_ms"] < AIM_MS and row["ratio"] <= AIM_RATIO and row["kb"] < AIM_KB
        fine &= at_aim
        print(
            f"{row['page'][:52]:52} {row['small_p95_ms']:10.1f} {row['p95_ms']:8.1f} {row['ratio']:6.2f} "
            f"{row['median_ms']:7.1f} {row['cpu_ms']:7.1f} {row['kb']:7.1f}{'' if at_aim else '  <'}"
        )
    print(f"the report's file: {found['report_bytes'] / 1e6:.2f} MB")
    return fine and found["report_bytes"] < AIM_REPORT_MB * 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--divergences", type=int, default=50_000)
    parser.add_argument("--comparisons", type=int, default=1_000_000)
    parser.add_argument("--on", choices=("SQLite", "PostgreSQL"))
    parser.add_argument("--filled", type=Path, nargs=2, metavar=("SMALL", "BIG"))
    arguments = parser.parse_args()
    results, fine = [], True
    if arguments.filled:
        results.append(compared(arguments.filled[0], arguments.filled[1], arguments.rounds, "as filled"))
        fine &= show(results[-1])
    for backend in [] if arguments.filled else [arguments.on] if arguments.on else ["SQLite", "PostgreSQL"]:
        with tempfile.TemporaryDirectory(prefix="strangler-bench-", ignore_cleanup_errors=True) as name:
            try:
                results.append(run(backend, Path(name), arguments))
            except NoPostgresError as error:
                print(f"not on {backend}: {error}", file=sys.stderr)
                continue
        fine &= show(results[-1])
    print(
        f"aims: p95 under {AIM_MS} ms, ratio at most {AIM_RATIO}, under {AIM_KB} kB; < marks what is not there"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"results": results}, indent=1))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
