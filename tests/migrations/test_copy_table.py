"""`copy_table`: a copy that is in step with its table until the migration is complete."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import Refused, UsageError
from strangler.testing.postgres import Server
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE bills (country char(2), no int, amount numeric(9,2) NOT NULL DEFAULT 1, note text COLLATE "C", data json,
  double numeric GENERATED ALWAYS AS (amount * 2) STORED, at timestamptz DEFAULT clock_timestamp(),
  PRIMARY KEY (country, no) DEFERRABLE);
INSERT INTO bills (country, no, amount, data) SELECT 'DE', i, i, '{"a": 1}' FROM generate_series(1, 500) i;
"""
DIRECT = """
CREATE TABLE kept (country char(2) NOT NULL, no int NOT NULL, amount numeric(9,2) NOT NULL DEFAULT 1,
  note text COLLATE "C", data json, double numeric, at timestamptz, PRIMARY KEY (country, no));
"""


def copying(more: str = "") -> Loaded:
    return parse(f"operations: [{{copy_table: {{from: bills, to: kept{more}}}}}]", Path("01_x.yaml"))


def start(session: Session, loaded: Loaded, watch: Any = lambda *_: None) -> None:
    lifecycle.start(session, loaded, Throttle(Pacer(rows=100)), watch)


def same(session: Session, count: int) -> None:
    query = """SELECT count(*), count(*) FILTER (WHERE k.no IS NOT NULL AND ROW(b.*)::text = ROW(k.*)::text)
        FROM bills b FULL JOIN kept k USING (country, no)"""
    assert session.connection.execute(query).fetchone() == (count, count)


def test_a_whole_life(session: Session, postgres: Server) -> None:
    run = session.connection.execute
    run(SCHEMA)
    before = read(session.connection, "public")
    start(session, copying())
    lifecycle.complete(session, "01_x")
    lifecycle.rollback(session, "01_x")
    assert differences(before, read(session.connection, "public")) == []
    start(session, copying())
    same(session, 500)
    for sql, count in (
        ("UPDATE bills SET amount = 7 WHERE no < 5", 500),
        ("UPDATE bills SET no = no + 1", 500),
        ("UPDATE public_01_x.bills SET country = 'AT', no = -no WHERE no % 2 = 0", 500),
        ("DELETE FROM bills WHERE no < -400", 450),
        ("INSERT INTO bills VALUES ('FR', 1)", 451),
        ("SET LOCAL session_replication_role = replica; UPDATE bills SET note = 'r'", 451),
        ("TRUNCATE bills", 0),
        ("INSERT INTO bills (country, no) VALUES ('DE', 1)", 1),
    ):
        with session.connection.transaction():
            run(sql.encode())
        same(session, count)
    run("UPDATE kept SET amount = 3")
    with pytest.raises(Refused, match="1 rows differ from their copies, such as country DE, no 1"):
        lifecycle.complete(session, "01_x")
    run("UPDATE bills SET amount = 4")
    lifecycle.complete(session, "01_x")
    run("DELETE FROM bills")
    assert run("SELECT amount FROM kept").fetchone() == (4,)
    lifecycle.drop(session, "01_x")
    ended = read(session.connection, "public")
    with connected(postgres.create_database()) as connection:
        connection.execute(f"{SCHEMA}{DIRECT}".encode())
        assert differences(read(connection, "public"), ended) == []


def test_clients_at_work_while_it_is_filled(session: Session, database: str) -> None:
    """Rows come, change and go in other sessions, and each range is filled among them."""
    session.connection.execute(SCHEMA)
    stopped, failures = threading.Event(), list[str]()

    def client(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(database) as connection:
            while not stopped.is_set():
                key = chance.randrange(1, 600)
                sql = chance.choice(
                    (
                        "DELETE FROM bills WHERE no = %s",
                        "UPDATE bills SET amount = amount + 1 WHERE no = %s",
                        "INSERT INTO bills (country, no) VALUES ('DE', %s)",
                    )
                )
                try:
                    with connection.transaction():
                        connection.execute(sql, (key,))
                except psycopg.errors.UniqueViolation:
                    continue
                except psycopg.Error as error:
                    failures.append(str(error))
                    return

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(3)]
    for each in clients:
        each.start()
    try:
        start(session, copying(", columns: [country, no, amount]"))
    finally:
        stopped.set()
        for each in clients:
            each.join()
    assert failures == []
    query = "SELECT country, no, amount FROM {} ORDER BY country, no"
    run = session.connection.execute
    assert run(query.format("bills").encode()).fetchall() == run(query.format("kept").encode()).fetchall()


@pytest.mark.parametrize(
    ("setup", "text", "words"),
    [
        ("", "{copy_table: {from: bill, to: kept}}", "no table `bill`"),
        ("", "{copy_table: {from: bills, to: bills}}", "is there|there is a table"),
        ("", "{copy_table: {from: bills, to: kept, columns: [no, amount]}}", "the copy has no country"),
        ("ALTER TABLE bills ENABLE ROW LEVEL SECURITY", "{copy_table: {from: bills, to: kept}}", "row security"),
        ("ALTER TABLE bills DROP CONSTRAINT bills_pkey", "{copy_table: {from: bills, to: kept}}", "no primary key"),
        ("", ("{alter_column: {table: bills, column: note, nullable: false, up: concat(note)}},"
         " {copy_table: {from: bills, to: kept}}"), "this file changes columns of `bills`"),
        ("", ("{copy_table: {from: bills, to: kept}}, {alter_column: {table: bills, column: note, nullable: false,"
         " up: concat(note)}}"), "this file changes it already"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(session: Session, setup: str, text: str, words: str) -> None:
    session.connection.execute(f"{SCHEMA}{setup}".encode())
    with pytest.raises(UsageError, match=words):
        start(session, parse(f"operations: [{text.replace(chr(10), ' ')}]", Path("01_x.yaml")))
    assert not store.exists(session.connection)
