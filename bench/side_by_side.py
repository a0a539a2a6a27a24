"""What clients notice of a migration's whole life: a million invoices, the amount from numeric to minor units.

python bench/side_by_side.py [--json FILE] [--rows N] [--rate N] [--seconds N] [--range-ms N]

Sixteen clients in four processes, each on a schedule of its own, together at `--rate` a second: the baseline first,
then the same clients beside `start`, a rolling deployment from the old version to the new, `complete` and `drop`.
Latency is from the moment at which a transaction was due: one that waits makes the next late, and that counts. Once
as it is, and once with a session that idles in a transaction, with a lock on the table, while `start` and `complete`
want theirs. Every client has invoices of its own and an account of every cent that it wrote; in the end each row is
held against it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psycopg

from strangler.testing.postgres import NoPostgresError, Server, start
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session, connected

PROCESSES, THREADS = 4, 4
CLIENTS = PROCESSES * THREADS
RATE_AIM, P99_AIM = 400, 3
"""Transactions a second at least, and how many times the baseline's p99 there may be."""
OLD, NEW = "public", "public_01_minor,public"
IDLES_S = 6
SCHEMA = """
CREATE TABLE invoices (id int PRIMARY KEY, customer int NOT NULL, amount numeric(12,2) NOT NULL,
  state text NOT NULL, note text NOT NULL);
INSERT INTO invoices SELECT i, i % 5000, 1, 'open', 'invoice ' || i FROM generate_series(0, {last}) i;
CREATE INDEX by_customer ON invoices (customer);
ANALYZE invoices;
"""
MIGRATION = parse(
    "operations: [{change_money: {table: invoices, columns: [amount], currency: EUR}}]", Path("01_minor.yaml")
)


class Took(NamedTuple):
    """A transaction: when it was due (monotonic, s), and the seconds from then to its end."""

    due: float
    seconds: float


@dataclass
class Account:
    """What a client did: its transactions, the cents that it wrote last by invoice, what failed."""

    took: list[Took] = field(default_factory=list[Took])
    cents: dict[int, int] = field(default_factory=dict[int, int])
    failures: list[str] = field(default_factory=list[str])


def clients(url: str, numbers: Sequence[int], rows: int, rate: float, orders: Connection) -> None:
    """Clients that work until they are told to stop; told a search_path, they connect anew with it, as deployed."""
    accounts, paths = [Account() for _ in numbers], [OLD]
    threads = [
        threading.Thread(target=client, args=(url, number, rows, rate, paths, account), daemon=True)
        for number, account in zip(numbers, accounts, strict=True)
    ]
    for thread in threads:
        thread.start()
    while paths[-1]:
        paths.append(orders.recv())
    for thread in threads:
        thread.join()
    orders.send(accounts)


def client(url: str, number: int, rows: int, rate: float, paths: Sequence[str], account: Account) -> None:
    """One client; the last of `paths` is the one to work with, an empty one the end."""
    chance, count, began = random.Random(number), 0, time.monotonic()
    path = paths[-1]
    try:
        while path:
            with psycopg.connect(url, autocommit=True, options=f"-c search_path={path}") as connection:
                while path == paths[-1]:
                    due = began + count / rate
                    time.sleep(max(0, due - time.monotonic()))
                    transaction(connection, chance, account, Worked(path, number, rows, count))
                    account.took.append(Took(due, time.monotonic() - due))
                    count += 1
            path = paths[-1]
    except (psycopg.Error, AssertionError) as error:
        account.failures.append(f"client {number} ({path}): {error}")


class Worked(NamedTuple):
    """Which version a transaction is of, whose it is, and the how manyth of its client."""

    path: str
    client: int
    rows: int
    number: int


def transaction(connection: psycopg.Connection, chance: random.Random, account: Account, by: Worked) -> None:
    """A payment: an invoice of one's own is read and changed, or a new one written; then a customer's list is read."""
    cents = chance.randrange(1, 1_000_000)
    value = str(cents) if by.path == NEW else f"{cents // 100}.{cents % 100:02}"
    key = by.client + CLIENTS * chance.randrange(by.rows // CLIENTS)
    with connection.transaction():
        if chance.random() < 0.2:
            key = by.rows + by.client + CLIENTS * by.number
            add = "INSERT INTO invoices (id, customer, amount, state, note) VALUES (%s, %s, %s::numeric, 'open', 'new')"
            connection.execute(add, (key, key % 5000, value))
        else:
            connection.execute(
                "UPDATE invoices SET amount = %s::numeric, state = 'paid' WHERE id = %s", (value, key)
            )
        of = chance.randrange(5000)
        connection.execute("SELECT id, amount FROM invoices WHERE customer = %s LIMIT 20", (of,)).fetchall()
        found = connection.execute("SELECT amount::text FROM invoices WHERE id = %s", (key,)).fetchone()
    account.cents[key] = cents
    assert found == (value,), f"invoice {key} holds {found}, and {value} was written"


class Clients:
    """The client processes and the ends of their pipes."""

    def __init__(self, url: str, rows: int, rate: int) -> None:
        context = multiprocessing.get_context("spawn")
        pipes = [context.Pipe() for _ in range(PROCESSES)]
        self.orders = [near for near, _ in pipes]
        self.processes = [
            context.Process(
                target=clients, args=(url, range(number, CLIENTS, PROCESSES), rows, rate / CLIENTS, far)
            )
            for number, (_, far) in enumerate(pipes)
        ]
        for process in self.processes:
            process.start()

    def deploy(self, path: str, *processes: int) -> None:
        """Their clients start again with another search_path; an empty one ends them."""
        for number in processes:
            self.orders[number].send(path)

    def stop(self) -> list[Account]:
        """End those that work still, and what each has done."""
        self.deploy("", *range(PROCESSES))
        accounts = [account for near in self.orders for account in near.recv()]
        for process in self.processes:
            process.join(30)
        return accounts


@contextmanager
def idling(url: str, wanted: bool) -> Iterator[None]:
    """Somebody who read the table and went for lunch: seconds of a transaction that holds its lock."""

    def idle(ready: threading.Event) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM invoices LIMIT 1) one")
            ready.set()
            time.sleep(IDLES_S)

    ready = threading.Event()
    session = threading.Thread(target=idle, args=(ready,))
    if wanted:
        session.start()
        ready.wait(30)
    yield
    if wanted:
        session.join(30)


@contextmanager
def reckoning(url: str) -> Iterator[None]:
    """One more session that takes a core and no lock: what clients notice of a backfill that is not the backfill's."""
    stopped = threading.Event()

    def reckon() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stopped.is_set():
                connection.execute("SELECT count(md5(i::text)) FROM generate_series(1, 200000) i")

    session = threading.Thread(target=reckon)
    session.start()
    yield
    stopped.set()
    session.join(30)


def lived(
    url: str, rows: int, rate: int, seconds: int, range_ms: int, *, idle: bool
) -> tuple[dict[str, float], list[Account]]:
    """The whole life beside the clients; when each stage began, and what they did."""
    began: dict[str, float] = {}

    def stage(name: str, seconds: float = 0) -> None:
        began[name] = time.monotonic()
        time.sleep(seconds)

    with connected(url) as connection:
        connection.execute(SCHEMA.format(last=rows - 1).encode())
        connection.execute("VACUUM (ANALYZE) invoices")
        connection.execute("CHECKPOINT")
        session = Session(connection, "public", "bench")
        running = Clients(url, rows, rate)
        stage("warming up", 5)
        stage("baseline", seconds)
        stage("one at work")
        with reckoning(url):
            time.sleep(seconds / 2)
        stage("start")
        with idling(url, idle):
            lifecycle.start(session, MIGRATION, Throttle(Pacer(target_s=range_ms / 1000)), lambda *_: None)
        stage("both versions")
        for number in range(PROCESSES):
            time.sleep(seconds / PROCESSES / 2)
            running.deploy(NEW, number)
        time.sleep(seconds / 2)
        stage("complete")
        with idling(url, idle):
            lifecycle.complete(session, MIGRATION.name)
        stage("grace time", seconds / 2)
        stage("drop")
        lifecycle.drop(session, MIGRATION.name)
        stage("afterwards", 5)
        stage("end")
        accounts = running.stop()
        check(connection, rows, accounts)
    return began, accounts


def check(connection: psycopg.Connection, rows: int, accounts: list[Account]) -> None:
    """Nothing failed; no row is lost or doubled; every cent is where it was written."""
    failures = [failure for account in accounts for failure in account.failures]
    assert not failures, failures
    written = {key: cents for account in accounts for key, cents in account.cents.items()}
    found = connection.execute("SELECT id, amount FROM invoices").fetchall()
    assert len(found) == rows + sum(key >= rows for key in written), "rows are lost or doubled"
    wrong = [(key, cents) for key, cents in found if cents != written.get(key, 100)]
    assert not wrong, f"{len(wrong)} invoices hold other cents than were written: {wrong[:5]}"


def longest_wait(log: str) -> int:
    """Milliseconds of the longest wait for a lock that the server logged (`log_lock_waits`); 0: none."""
    waits = re.findall(r"(?:acquired|still waiting for) .*? after (\d+)\.\d+ ms", log)
    return max(map(int, waits), default=0)


def p99_ms(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100] * 1000 if took else 0


def report(began: Mapping[str, float], accounts: list[Account], wait_ms: int) -> dict[str, float]:
    """One line a stage, and the figures that the aims are about."""
    everything = [each for account in accounts for each in account.took]
    stages = list(began.items())
    for (name, since), (_, until) in pairwise(stages):
        took = [each.seconds for each in everything if since <= each.due < until]
        longest, per_s = max(took, default=0) * 1000, len(took) / (until - since)
        print(
            f"  {name:<14} {until - since:>6.1f} s {per_s:>6.0f} tx/s"
            f"   p99 {p99_ms(took):>7.1f} ms   longest {longest:>7.0f} ms"
        )
    base = [each.seconds for each in everything if began["baseline"] <= each.due < began["one at work"]]
    beside = [each.seconds for each in everything if began["one at work"] <= each.due < began["start"]]
    life = [each.seconds for each in everything if began["start"] <= each.due < began["end"]]
    rate = len(life) / (began["end"] - began["start"])
    ratio = p99_ms(life) / p99_ms(base)
    print(
        f"  {len(everything):,} transactions, none failed; {rate:.0f} a second during its life,"
        f" p99 {p99_ms(life):.1f} ms: {ratio:.2f} times the baseline's {p99_ms(base):.1f} ms,"
        f" {p99_ms(life) / p99_ms(beside):.2f} times that beside one session that only reckons;"
        f" longest wait for a lock: {wait_ms} ms",
        flush=True,
    )
    beside_ratio = round(p99_ms(life) / p99_ms(beside), 2)
    found = {"rate": round(rate), "p99_ratio": round(ratio, 2), "p99_ratio_beside_one": beside_ratio}
    return {**found, "longest_lock_wait_ms": wait_ms}


def measured(server: Server, options: argparse.Namespace, *, idle: bool) -> dict[str, float]:
    log = Path(server.folder or "") / "log"
    before = len(log.read_bytes())
    print("with a session that idles in a transaction" if idle else "as it is", flush=True)
    began, accounts = lived(
        server.create_database(), options.rows, options.rate, options.seconds, options.range_ms, idle=idle
    )
    return report(began, accounts, longest_wait(log.read_bytes()[before:].decode(errors="replace")))


def with_server(work: Callable[[Server], int]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = start(Path(folder), {})  # one of our own: its log says how long locks were waited for
        except NoPostgresError as error:
            print(f"skipped: {error}")
            return 0
        try:
            with psycopg.connect(server.url, autocommit=True) as connection:
                for setting in (
                    "log_lock_waits = on",
                    "deadlock_timeout = '20ms'",
                    "shared_buffers = '256MB'",
                ):
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            server.crash()
            server.restart()
            return work(server)
        finally:
            server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=440)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--range-ms", type=int, default=50, help="of the backfill, as `migrations.chunk`")
    options = parser.parse_args()

    def work(server: Server) -> int:
        found = {
            name: measured(server, options, idle=name == "idle_in_transaction")
            for name in ("as_it_is", "idle_in_transaction")
        }
        if options.json:
            options.json.write_text(json.dumps({"side_by_side": found}, indent=2) + "\n")
        return (
            0
            if all(each["rate"] >= RATE_AIM and each["p99_ratio"] <= P99_AIM for each in found.values())
            else 1
        )

    return with_server(work)


if __name__ == "__main__":
    sys.exit(main())
