"""The gate's answer and the ledger's size as comparisons pile up: the same minutes, routes and strata, more of them.

python bench/ledger.py [--json FILE] [--sizes 10000 1000000 10000000] [--on SQLite | --on PostgreSQL]

The ledger keeps counters and divergences, not exchanges. So `gate` must take as long over a million comparisons as over
ten thousand, and ten million must take no more room than one. On SQLite, and on PostgreSQL where there is one.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import psycopg
from msgspec import structs

from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled, StreamReport
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.judged import MINUTE, START, Judged, configuration
from strangler.testing.postgres import NoPostgresError, start
from strangler_cli.asking import ask

SIZES = (10_000, 1_000_000, 10_000_000)
MINUTES, ROUTES = 60, ("invoice", "invoices")
CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD")
ROUNDS = 30
TIME_AIM, SIZE_AIM = 1.2, 1.05
STRATA = "strata: {currency: {answer: $.currency}}\n"


def template() -> list[Settled]:
    """One exchange of every minute, route and stratum, and twenty divergences among them."""
    judged = Judged(LOADED)
    found: list[Settled] = []
    for minute in range(MINUTES):
        judged.at_ns = START + minute * MINUTE
        found += [
            judged.equal(route, labels=(("currency", currency),))
            for route in ROUTES
            for currency in CURRENCIES
        ]
        found[minute] = judged.different(ROUTES[0], f"f{minute % 20}", labels=(("currency", "EUR"),))
    return found


def asked(page: list[Settled], number: int) -> list[Settled]:
    """The same exchanges as of other records: a question that was asked before would not count."""
    return [
        structs.replace(settled, mark=blake2b(b"%d" % (number + offset), digest_size=8).digest())
        for offset, settled in enumerate(page)
    ]


def fill(ledger: Ledger, size: int, already: int) -> None:
    """So many comparisons more, in pages as large as the worker's largest times ten."""
    one = template()
    page = one * (10_000 // len(one))
    written = already
    while written < size:
        batch = asked(page[: size - written], written)
        written += len(batch)
        report = StreamReport("plane-0", "boot-0", 1, START + MINUTES * MINUTE, sent=written)
        with ledger.begin() as connection:
            flush(connection, batch, (report,), now_ns=START + MINUTES * MINUTE, worker="worker-0")


def size_of(url: str) -> int:
    """Bytes of tables and indexes, once what was overwritten is given back."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), autocommit=True) as database:
            database.execute("VACUUM")
            pages, size = (
                database.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
        return int(pages[0]) * int(size[0])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


def asked_ns(ledger: Ledger) -> list[int]:
    """How long the gate takes, again and again."""
    taken: list[int] = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        ask(ledger, LOADED, "reads", START + MINUTES * MINUTE)
        taken.append(time.perf_counter_ns() - began)
    return taken


def ledgers(folder: Path, only: str | None) -> Iterator[tuple[str, list[str]]]:
    """Where they are: a URL for each size."""
    if only != "PostgreSQL":
        yield "SQLite", [f"sqlite:///{folder / f'{number}.db'}" for number in range(2)]
    if only == "SQLite":
        return
    try:
        server = start(Path(tempfile.mkdtemp(prefix="strangler-postgres-")))
    except NoPostgresError as error:
        print(f"PostgreSQL: {error}")
        return
    yield "PostgreSQL", [server.create_database() for _ in range(2)]
    server.stop()


LOADED = configuration(**{"version: 1\n": "version: 1\n" + STRATA})


def measured(urls: list[str], sizes: tuple[int, int, int]) -> tuple[float, float]:
    """The gate's time over many by that over few, rounds interleaved; the room of most by that of many."""
    few, many = (open_ledger(url, Path()) for url in urls)
    fill(few, sizes[0], 0)
    fill(many, sizes[1], 0)
    times: dict[int, list[int]] = {0: [], 1: []}
    for _ in range(3):
        for number, ledger in enumerate((few, many)):
            times[number] += asked_ns(ledger)
    room = size_of(urls[1])
    fill(many, sizes[2], sizes[1])
    most = size_of(urls[1])
    few.close()
    many.close()
    medians = [statistics.median(found) / 1e6 for found in times.values()]
    for size, median, found in zip(sizes, medians, times.values(), strict=False):
        spread = f"({min(found) / 1e6:.1f} to {max(found) / 1e6:.1f})"
        print(f"  {size:11,} comparisons: gate in {median:6.1f} ms {spread}")
    print(f"  time {medians[1] / medians[0]:.2f} x  (aim: at most {TIME_AIM} x)")
    print(
        f"  room {room:,} bytes for {sizes[1]:,}, {most:,} for {sizes[2]:,}: {most / room:.3f} x  (aim: {SIZE_AIM} x)"
    )
    return medians[1] / medians[0], most / room


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--sizes", type=int, nargs=3, default=SIZES, help="comparisons (default %(default)s)")
    parser.add_argument("--on", choices=("SQLite", "PostgreSQL"), help="only there (default: both)")
    arguments = parser.parse_args()
    sizes = (arguments.sizes[0], arguments.sizes[1], arguments.sizes[2])
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, urls in ledgers(Path(folder), arguments.on):
            print(f"{name}:", flush=True)
            slower, larger = measured(urls, sizes)
            figures[name] = {"time": slower, "room": larger}
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    good = all(each["time"] <= TIME_AIM and each["room"] <= SIZE_AIM for each in figures.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
