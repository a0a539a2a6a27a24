"""Applications of both versions at work for the whole life of a migration: nothing fails, no row is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from strangler.testing.postgres import Server
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres

MIGRATION = parse(
    """
operations:
  - alter_column:
      {table: invoices, column: amount, type: bigint, nullable: false, up: (amount * 100)::bigint, down: amount / 100.0}
  - add_column: {table: invoices, up: "'EUR'", column: {name: currency, type: char(3), default: "'EUR'"}}
  - create_index: {name: by_note, table: invoices, columns: [note]}
""",
    Path("01_minor.yaml"),
)
MONEY = parse(
    "operations: [{change_money: {table: invoices, columns: [amount], currency: EUR}}]", Path("01_minor.yaml")
)
NEW = "public_01_minor"


@dataclass
class Application:
    """One client of a version: it reads, changes and adds invoices, and keeps account of every cent it wrote."""

    url: str
    path: str
    seed: int
    rows: int
    written: dict[int, Decimal] = field(default_factory=dict[int, Decimal])
    latencies: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        chance = random.Random(self.seed)
        with psycopg.connect(self.url, autocommit=True, options=f"-c search_path={self.path}") as connection:
            while not self.stopped.is_set():
                began = time.monotonic()
                try:
                    self.transaction(connection, chance)
                except psycopg.Error as error:
                    self.failures.append(f"{self.path}: {error}")
                    return
                self.latencies.append(time.monotonic() - began)
                time.sleep(0.002)

    def transaction(self, connection: psycopg.Connection, chance: random.Random) -> None:
        """Each application has rows of its own, so what it wrote last must be there in the end."""
        cents = chance.randrange(1, 1_000_000)
        key = self.seed + 10 * chance.randrange(self.rows // 10)
        value: Decimal | int = cents if self.path.startswith(NEW) else Decimal(cents) / 100
        with connection.transaction():
            if chance.random() < 0.3:
                key = self.rows + self.seed + 10 * len(self.latencies)
                connection.execute(
                    "INSERT INTO invoices (id, amount, note) VALUES (%s, %s, 'x')", (key, value)
                )
            else:
                connection.execute("UPDATE invoices SET amount = %s WHERE id = %s", (value, key))
            read = connection.execute("SELECT amount FROM invoices WHERE id = %s", (key,)).fetchone()
        assert read == (value,)
        self.written[key] = Decimal(cents)


@contextmanager
def working(*applications: Application) -> Iterator[None]:
    threads = [threading.Thread(target=each.run) for each in applications]
    for thread in threads:
        thread.start()
    yield
    for each in applications:
        each.stopped.set()
    for thread in threads:
        thread.join(30)


def life(server: Server, rows: int, pause_s: float, migration: Loaded = MIGRATION) -> list[Application]:
    url = server.create_database()
    with connected(url) as connection:
        connection.execute(
            "CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(12,2) NOT NULL, note text)"
        )
        connection.execute(
            f"INSERT INTO invoices SELECT i, 1, 'n' FROM generate_series(0, {rows - 1}) i".encode()
        )
        session = Session(connection, "public", "ann")
        old = [Application(url, "public", seed, rows) for seed in (1, 2)]
        new = [Application(url, f"{NEW},public", seed, rows) for seed in (3, 4)]
        with working(*old):
            time.sleep(pause_s)
            lifecycle.start(session, migration, Throttle(), lambda *_: None)
            with working(*new[:1]):
                time.sleep(pause_s)
        with working(new[1]):
            lifecycle.complete(session, "01_minor")
            time.sleep(pause_s)
            lifecycle.drop(session, "01_minor")
        written = {key: cents for each in (*old, *new) for key, cents in each.written.items()}
        found = dict(connection.execute("SELECT id, amount FROM invoices").fetchall())
    assert [failure for each in (*old, *new) for failure in each.failures] == []
    assert all(len(each.latencies) > 10 for each in (*old, *new))
    assert len(found) == rows + len([key for key in written if key >= rows])
    assert {key: value for key, value in found.items() if key in written} == written
    assert {value for key, value in found.items() if key not in written} == {100}
    return [*old, *new]


def test_both_versions_work_for_the_whole_life(postgres: Server) -> None:
    life(postgres, 5_000, 0.3)


@pytest.mark.full
def test_both_versions_work_while_money_changes(postgres: Server) -> None:
    life(postgres, 100_000, 2, MONEY)
