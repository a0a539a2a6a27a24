"""Killed at any statement of any phase: going on, or going back, ends as a clean run does, and no row is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest

from strangler.testing.postgres import Server

from .killing import Case, Clean, clean_run, killed_at, survived

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
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY);
CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(10,2), number text NOT NULL, day date DEFAULT now(),
  kind text NOT NULL DEFAULT 'plain', customer int REFERENCES customers);
CREATE INDEX by_amount ON invoices (amount);
CREATE TABLE scraps (id int PRIMARY KEY, customer int CONSTRAINT of_customer REFERENCES customers);
INSERT INTO customers VALUES (1);
INSERT INTO invoices (id, amount, number, customer) SELECT i, i, 'n' || i, 1 FROM generate_series(1, 700) i;
"""
PGROLL = Case(
    SCHEMA,
    TEXT,
    "SELECT count(*), sum(amount), count(DISTINCT number) FROM invoices",
    "SELECT count(*), sum(amount), count(DISTINCT number) FROM bills",
)


@pytest.fixture(scope="module")
def clean(postgres: Server) -> Clean:
    found = clean_run(postgres.create_database(), PGROLL)
    assert (found.rows_before, found.rows_after) == ([(700, 245350, 700)], [(700, 24535000, 700)])
    return found


def points(count: int) -> Iterator[tuple[int, bool]]:
    """A seeded sample of statements, and whether to go back from there."""
    chance = random.Random(5)
    for place in range(count):
        yield chance.randrange(1, 320), bool(place % 2)


@pytest.mark.parametrize(("statement", "back"), list(points(2)))
def test_a_sample_of_kills(postgres: Server, clean: Clean, statement: int, back: bool) -> None:
    url = postgres.create_database()
    killed_at(url, PGROLL, statement)
    survived(url, PGROLL, clean, back=back)


@pytest.mark.parametrize("statement", [75])
def test_a_backend_that_was_terminated(postgres: Server, clean: Clean, statement: int) -> None:
    url = postgres.create_database()
    killed_at(url, PGROLL, statement, terminated=True)
    survived(url, PGROLL, clean, back=True)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_every_kill(postgres: Server, clean: Clean) -> None:
    for statement in range(1, clean.statements + 1):
        url = postgres.create_database()
        killed_at(url, PGROLL, statement, terminated=statement % 3 == 0)
        survived(url, PGROLL, clean, back=statement % 2 == 0)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)'.encode())


@pytest.mark.full
def test_a_server_that_crashed(postgres: Server, clean: Clean) -> None:
    if postgres.folder is None:
        pytest.skip("the server is not ours to crash")
    for statement in (20, 60, 100, 140):
        url = postgres.create_database()
        killed_at(url, PGROLL, statement)
        postgres.crash()
        postgres.restart()
        survived(url, PGROLL, clean, back=bool(statement % 40))
