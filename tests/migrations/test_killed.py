"""Killed at any statement of any phase: going on, or going back, ends as a clean run does, and no row is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import StranglerError
from strangler.testing.postgres import Server
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session
from strangler_migrations.running.states import State

pytestmark = pytest.mark.postgres

TEXT = """
operations:
  - create_table: {name: currencies, columns: [{name: code, type: char(3), pk: true}]}
  - alter_column:
      table: invoices
      column: amount
      type: bigint
      nullable: false
      up: COALESCE(amount, 0) * 100
      down: amount / 100.0
      check: {name: positive, constraint: amount >= 0}
  - alter_column: {table: invoices, column: number, unique: {name: one_number}, up: number, down: number}
  - add_column: {table: invoices, up: "'EUR'", column: {name: currency, type: text}}
  - drop_column: {table: invoices, column: kind, down: "'plain'"}
  - create_index: {name: by_day, table: invoices, columns: [day]}
  - rename_column: {table: invoices, from: day, to: issued}
  - rename_table: {from: invoices, to: bills}
  - drop_table: {name: scraps}
"""
MIGRATION = parse(TEXT, Path("01_all.yaml"))
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY);
CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(10,2), number text NOT NULL, day date DEFAULT now(),
  kind text NOT NULL DEFAULT 'plain', customer int REFERENCES customers);
CREATE INDEX by_amount ON invoices (amount);
CREATE TABLE scraps (id int PRIMARY KEY, customer int CONSTRAINT of_customer REFERENCES customers);
INSERT INTO customers VALUES (1);
INSERT INTO invoices (id, amount, number, customer) SELECT i, i, 'n' || i, 1 FROM generate_series(1, 700) i;
"""
ROWS = 700


class Killed(BaseException):
    """The tool is gone."""


class Mortal(psycopg.Connection[Any]):
    """A connection whose tool dies before its nth statement. The server sees a client that is gone."""

    left = 1 << 30
    terminated = False

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.terminated:
            with psycopg.connect(self.info.dsn, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (self.info.backend_pid,))
        elif self.left == 0:
            self.close()
            raise Killed
        return super().execute(*arguments, **options)


def session_on(url: str) -> Session:
    connection = Mortal.connect(url, autocommit=True)
    return Session(connection, "public", "ann", sleep=lambda _: None)


def life(session: Session, until: State = State.DROPPED) -> None:
    """Whatever is left to do, from wherever it stands."""
    throttle = Throttle(Pacer(rows=200))
    while True:
        records = store.migrations(session.connection)
        state = records[0].state if records else State.ROLLED_BACK
        if state is until:
            return
        if state in {State.VERIFIED, State.CONTRACTING}:
            lifecycle.complete(session, MIGRATION.name)
        elif state in {State.CONTRACTED, State.DROPPING}:
            lifecycle.drop(session, MIGRATION.name)
        else:
            lifecycle.start(session, MIGRATION, throttle, lambda *_: None, allow_loss=True)


@pytest.fixture(scope="module")
def clean(postgres: Server) -> tuple[Catalog, Catalog, int]:
    """The catalogue before and after a life that nobody disturbs, and how many statements it has."""
    session = session_on(postgres.create_database())
    with session.connection as connection:
        connection.execute(SCHEMA.encode())
        before = read(connection, "public")
        assert isinstance(connection, Mortal)
        connection.left = 1 << 30
        life(session)
        return before, read(connection, "public"), (1 << 30) - connection.left


def killed_at(url: str, statement: int, *, terminated: bool = False) -> None:
    session = session_on(url)
    connection = session.connection
    assert isinstance(connection, Mortal)
    connection.execute(SCHEMA.encode())
    connection.left, connection.terminated = statement, terminated
    with suppress(Killed, StranglerError, psycopg.OperationalError):
        life(session)
    connection.close()


def ended(session: Session) -> None:
    amounts = session.connection.execute(
        "SELECT count(*), sum(amount), count(DISTINCT number) FROM bills"
    ).fetchone()
    assert amounts == (ROWS, 100 * ROWS * (ROWS + 1) // 2, ROWS)


def survived(url: str, clean: tuple[Catalog, Catalog, int], *, back: bool) -> None:
    before, after, _ = clean
    session = session_on(url)
    with session.connection:
        records = store.migrations(session.connection)
        possible = records and records[0].state not in {State.DROPPING, State.DROPPED, State.ROLLED_BACK}
        if back and possible:
            lifecycle.rollback(session, MIGRATION.name)
            assert differences(before, read(session.connection, "public")) == []
            found = session.connection.execute("SELECT count(*), sum(amount) FROM invoices").fetchone()
            assert found == (ROWS, ROWS * (ROWS + 1) // 2)
        over = records and records[0].state is State.DROPPED
        life(session)
        assert differences(after, read(session.connection, "public")) == []
        ended(session)
        # One that died after its last step leaves a lease, which the next one takes over.
        left = session.connection.execute("SELECT count(*) FROM strangler.lease").fetchone()
        assert left == (0,) or (over and left == (1,))


def points(count: int) -> Iterator[tuple[int, bool]]:
    """A seeded sample of statements, and whether to go back from there."""
    chance = random.Random(5)
    for place in range(count):
        yield chance.randrange(1, 320), bool(place % 2)


@pytest.mark.parametrize(("statement", "back"), list(points(2)))
def test_a_sample_of_kills(
    postgres: Server, clean: tuple[Catalog, Catalog, int], statement: int, back: bool
) -> None:
    url = postgres.create_database()
    killed_at(url, statement)
    survived(url, clean, back=back)


@pytest.mark.parametrize("statement", [75])
def test_a_backend_that_was_terminated(
    postgres: Server, clean: tuple[Catalog, Catalog, int], statement: int
) -> None:
    url = postgres.create_database()
    killed_at(url, statement, terminated=True)
    survived(url, clean, back=True)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_every_kill(postgres: Server, clean: tuple[Catalog, Catalog, int]) -> None:
    for statement in range(1, clean[2] + 1):
        url = postgres.create_database()
        killed_at(url, statement, terminated=statement % 3 == 0)
        survived(url, clean, back=statement % 2 == 0)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)'.encode())


@pytest.mark.full
def test_a_server_that_crashed(postgres: Server, clean: tuple[Catalog, Catalog, int]) -> None:
    if postgres.folder is None:
        pytest.skip("the server is not ours to crash")
    for statement in (20, 60, 100, 140):
        url = postgres.create_database()
        killed_at(url, statement)
        postgres.crash()
        postgres.restart()
        survived(url, clean, back=bool(statement % 40))
