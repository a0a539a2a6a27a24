"""Applications of both versions at work while a key becomes wider: nothing fails, every row points where it should."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from strangler.testing.postgres import Server
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = [pytest.mark.postgres, pytest.mark.full]

WIDEN = parse("operations: [{widen_key: {table: customers}}]", Path("01_wide.yaml"))
NEW = "public_01_wide"
ROWS = 100_000
SCHEMA = f"""
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE invoices (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer int NOT NULL REFERENCES customers ON DELETE CASCADE, name text NOT NULL);
CREATE INDEX by_customer ON invoices (customer);
INSERT INTO customers (name) SELECT 'c' || i FROM generate_series(1, {ROWS}) i;
INSERT INTO invoices (customer, name) SELECT i, 'c' || i FROM generate_series(1, {ROWS}) i;
"""


@dataclass
class Application:
    """A client of a version: customers come and go with their invoices, and invoices move to other customers."""

    url: str
    path: str
    seed: int
    added: int = 0
    latencies: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        chance = random.Random(self.seed)
        with psycopg.connect(self.url, autocommit=True, options=f"-c search_path={self.path}") as connection:
            while not self.stopped.is_set():
                began = time.monotonic()
                try:
                    with connection.transaction():
                        self.transaction(connection, chance)
                except psycopg.Error as error:
                    self.failures.append(f"{self.path}: {error}")
                    return
                self.latencies.append(time.monotonic() - began)
                time.sleep(0.002)

    def transaction(self, connection: psycopg.Connection, chance: random.Random) -> None:
        """Each has customers of its own; an invoice bears the name of the customer that it points at."""
        name = f"{self.seed}-{len(self.latencies)}"
        row = connection.execute("INSERT INTO customers (name) VALUES (%s) RETURNING id", (name,)).fetchone()
        assert row is not None
        connection.execute("INSERT INTO invoices (customer, name) VALUES (%s, %s)", (row[0], name))
        self.added += 1
        own = 1 + self.seed + 10 * chance.randrange(ROWS // 10 - 1)
        if chance.random() < 0.3:
            gone = connection.execute("DELETE FROM customers WHERE id = %s", (own,)).rowcount
            self.added -= gone
        else:
            moved = "UPDATE invoices SET customer = %s, name = %s WHERE customer = %s"
            connection.execute(moved, (row[0], name, own))
        join = "SELECT count(*) FROM invoices i JOIN customers c ON c.id = i.customer WHERE c.id = %s"
        found = connection.execute(join, (row[0],)).fetchone()
        assert found is not None
        assert found[0] >= 1


@contextmanager
def working(*applications: Application) -> Iterator[None]:
    threads = [threading.Thread(target=each.run) for each in applications]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for each in applications:
            each.stopped.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.timeout(900)
def test_nothing_fails_while_a_key_becomes_wider(
    postgres: Server, record_property: Callable[[str, object], None]
) -> None:
    url = postgres.create_database()
    with connected(url) as connection:
        connection.execute(SCHEMA.encode())
        session = Session(connection, "public", "ann")
        old = [Application(url, "public", seed) for seed in (1, 2)]
        new = [Application(url, f"{NEW},public", seed) for seed in (3, 4)]
        with working(*old):
            lifecycle.start(session, WIDEN, Throttle(), lambda *_: None)
            with working(new[0]):
                time.sleep(2)
        with working(new[1]):
            lifecycle.complete(session, "01_wide")
            time.sleep(1)
        connection.execute("ANALYZE")
        apart = (
            "SELECT count(*) FROM invoices i LEFT JOIN customers c ON c.id = i.customer"
            " WHERE c.name IS DISTINCT FROM i.name"
        )
        assert connection.execute(apart.encode()).fetchone() == (0,)
        later = [Application(url, "public", seed) for seed in (5,)]
        lifecycle.rollback(session, "01_wide")
        with working(*later):
            time.sleep(0.5)
        assert connection.execute(apart.encode()).fetchone() == (0,)
        total = connection.execute("SELECT count(*) FROM customers").fetchone()
    everybody = (*old, *new, *later)
    assert [failure for each in everybody for failure in each.failures] == []
    assert total == (ROWS + sum(each.added for each in everybody),)
    took = sorted(each for application in everybody for each in application.latencies)
    p99 = took[len(took) * 99 // 100] * 1000
    record_property(
        "measured", f"{len(took):,} transactions, p99 {p99:.0f} ms, the longest {took[-1] * 1000:.0f} ms"
    )
