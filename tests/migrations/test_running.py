"""Locks that are not to be had, leases, indexes that broke, files that changed: what is in the way is said."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Conflict, Refused, UsageError
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.lease import held
from strangler_migrations.running.session import Limits, MigrationFailed, Session, connected

pytestmark = pytest.mark.postgres


def migration(text: str, name: str = "01_x") -> Loaded:
    return parse(f"operations: [{text}]", Path(f"{name}.yaml"))


ADD = migration("{add_column: {table: t, column: {name: c, type: int, nullable: true}}}")
FILL = migration("{add_column: {table: t, up: id * 2, column: {name: c, type: int}}}")


def start(session: Session, loaded: Loaded, throttle: Throttle | None = None) -> None:
    lifecycle.start(session, loaded, throttle or Throttle(), lambda *_: None)


@pytest.fixture
def table(session: Session) -> Session:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    session.connection.execute("INSERT INTO t SELECT i, 'v' || i % 3 FROM generate_series(1, 1000) i")
    return session


@pytest.fixture
def idle(database: str, table: Session) -> Iterator[psycopg.Connection]:
    """A session that forgot its transaction."""
    with psycopg.connect(database, application_name="cron") as connection:
        connection.execute("SELECT * FROM t")
        yield connection


def test_an_idle_transaction_is_named_and_nobody_queues_behind_us(
    table: Session, idle: psycopg.Connection, database: str, said: list[str]
) -> None:
    """While we wait, readers and writers pass; when it ends, we go on."""
    passed: list[int] = []

    def sleep(_: float) -> None:
        with psycopg.connect(database, options="-c statement_timeout=2000") as client:
            client.execute("UPDATE t SET v = 'x' WHERE id = 1")
        passed.append(1)
        if len(passed) == 3:
            idle.rollback()

    start(replace(table, sleep=sleep, limits=Limits(lock_timeout_ms=50)), ADD)
    assert len(passed) >= 3
    assert "(cron, 127.0.0.1, pid " in said[0]
    assert "idle in transaction" in said[0]


def test_the_bound_ends_it_and_the_same_command_goes_on(table: Session, idle: psycopg.Connection) -> None:
    clock = iter(range(0, 1000, 5))
    patient = replace(table, sleep=lambda _: None, monotonic=lambda: next(clock), limits=Limits(20, 10))
    with pytest.raises(Refused, match=r"no lock within 10 s: .* \(cron"):
        start(patient, ADD)
    assert store.migrations(table.connection)[0].state == "expanding"
    idle.rollback()
    start(table, ADD)
    assert store.migrations(table.connection)[0].state == "verified"


def test_one_migration_at_a_time(table: Session, database: str) -> None:
    store.prepare(table.connection)
    with (
        connected(database) as other,
        held(Session(other, "public", "bob")),
        pytest.raises(Conflict, match="bob@"),
    ):
        start(table, ADD)
    start(table, ADD)
    with pytest.raises(Refused, match="01_x is verified: one migration at a time"):
        start(table, migration("{drop_column: {table: t, column: v}}", "02_y"))


def test_a_lease_outlives_its_connection_and_not_its_process(table: Session) -> None:
    store.prepare(table.connection)
    lease = "INSERT INTO strangler.lease VALUES (true, %s, 'x', clock_timestamp() + interval '1 hour')"
    table.connection.execute(lease, ("bob@elsewhere pid 1",))
    with pytest.raises(Conflict, match="bob@elsewhere pid 1 holds the lease"):
        start(table, ADD)
    table.connection.execute("DELETE FROM strangler.lease")
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    table.connection.execute(lease, (f"bob@{socket.gethostname()} pid {gone}",))
    start(table, ADD)


def test_whose_lease_was_taken_changes_nothing_more(table: Session) -> None:
    store.prepare(table.connection)
    with held(table) as lease:
        table.connection.execute("UPDATE strangler.lease SET token = 'another'")
        with pytest.raises(Conflict, match="took the lease over"), table.connection.transaction():
            lease.extend(table)


def test_an_index_that_broke_is_dropped_and_built_anew(table: Session, said: list[str]) -> None:
    unique = migration("{create_index: {name: one_v, table: t, columns: [v], unique: true}}")
    with pytest.raises(MigrationFailed, match="could not create unique index"):
        start(table, unique)
    assert table.connection.execute("SELECT to_regclass('one_v')").fetchone() == (None,)
    # As kill -9 leaves it: begun, invalid, no record of an end.
    with pytest.raises(psycopg.errors.UniqueViolation):
        table.connection.execute("CREATE UNIQUE INDEX CONCURRENTLY one_v ON t (v)")
    table.connection.execute("UPDATE t SET v = id")
    start(table, unique)
    assert "left of a build that broke" in said[0]
    assert table.connection.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_v'::regclass"
    ).fetchone() == (True,)


def test_a_file_that_changed_meanwhile_is_refused(table: Session) -> None:
    start(table, ADD)
    other = migration("{add_column: {table: t, column: {name: other, type: int, nullable: true}}}")
    with pytest.raises(Refused, match="its file has changed"):
        start(table, other)
    lifecycle.rollback(table, "01_x")
    start(table, other)


def test_rows_that_clients_write_during_a_backfill_are_not_written_over(table: Session) -> None:
    seen: list[int] = []

    def watch(_table: str, rows: int, _total: int, _rate: float | None) -> None:
        if not seen:
            with table.connection.transaction():
                table.connection.execute("SET LOCAL search_path = public_01_x, public")
                table.connection.execute("UPDATE t SET c = -1 WHERE id = 1000")
        seen.append(rows)

    lifecycle.start(table, FILL, Throttle(Pacer(rows=100)), watch)
    assert table.connection.execute("SELECT c FROM t WHERE id IN (999, 1000) ORDER BY id").fetchall() == [
        (1998,),
        (-1,),
    ]


def test_a_row_that_a_client_holds_holds_up_nobody_else(
    table: Session, database: str, said: list[str]
) -> None:
    """The range steps back, and is tried again when the client is done."""
    with psycopg.connect(database, application_name="clerk") as client:
        client.execute("UPDATE t SET v = 'held' WHERE id = 500")

        def sleep(_: float) -> None:
            with psycopg.connect(database, options="-c statement_timeout=2000") as other:
                other.execute("UPDATE t SET v = 'passed' WHERE id = 499")
            if client.info.transaction_status:
                client.commit()

        start(replace(table, sleep=sleep, limits=Limits(lock_timeout_ms=50)), FILL)
    assert any("(clerk, " in each for each in said)
    rows = table.connection.execute("SELECT v, c FROM t WHERE id IN (499, 500) ORDER BY id").fetchall()
    assert rows == [("passed", 998), ("held", 1000)]


@pytest.mark.parametrize(
    ("setup", "text", "words"),
    [
        (
            "CREATE TABLE u (id int, v text)",
            "{alter_column: {table: u, column: v, nullable: false, up: v}}",
            "no primary key",
        ),
        (
            "CREATE TABLE u (id int PRIMARY KEY, v text GENERATED ALWAYS AS ('x') STORED)",
            "{alter_column: {table: u, column: v, type: int, up: '1', down: '1'}}",
            "PostgreSQL computes it",
        ),
        (
            "CREATE TABLE u (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
            "{alter_column: {table: u, column: v, nullable: false, up: v}}",
            "partitioned",
        ),
        (
            "CREATE TABLE u (id int PRIMARY KEY, v text); CREATE VIEW w AS SELECT v FROM u",
            "{alter_column: {table: u, column: v, nullable: false, up: v}}",
            "the view w reads it",
        ),
        (
            "CREATE TABLE u (id int PRIMARY KEY, v int UNIQUE); CREATE TABLE w (v int REFERENCES u (v))",
            "{alter_column: {table: u, column: v, type: bigint}}",
            "points at it",
        ),
        (
            "",
            "{add_column: {table: t, column: {name: c, type: int}}}",
            "the rows that are there have no value",
        ),
        ("", "{add_column: {table: t, column: {name: c, type: serial}}}", "would rewrite t"),
        ("", "{drop_column: {table: t, column: id}}", "part of the primary key"),
        (
            "",
            "{create_table: {name: t, columns: [{name: a, type: int}]}}",
            "there is a table or view `t` already",
        ),
        (
            "",
            "{create_constraint: {name: x, table: t, type: exclude, exclude: {elements: v WITH =}}}",
            "no other way",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_safe_way(
    table: Session, setup: str, text: str, words: str
) -> None:
    table.connection.execute(setup.encode())
    with pytest.raises(UsageError, match=words) as caught:
        start(table, migration(text))
    assert caught.value.remedy or words.startswith("there is")
    assert not store.exists(table.connection)


def test_who_may_not_is_told_before_anything_changes(table: Session, database: str) -> None:
    table.connection.execute("CREATE ROLE clerk_running; GRANT SELECT ON t TO clerk_running")
    try:
        table.connection.execute("SET ROLE clerk_running")
        with pytest.raises(UsageError, match="clerk_running may not create in the database"):
            start(table, ADD)
    finally:
        table.connection.execute("RESET ROLE; DROP OWNED BY clerk_running; DROP ROLE clerk_running")


def test_a_schema_name_that_postgresql_would_cut_is_refused(table: Session) -> None:
    with pytest.raises(UsageError, match="would have 64 bytes"):
        start(table, migration("{sql: {up: SELECT 1}}", "x" * 57))


def test_two_at_once_one_is_refused(table: Session, database: str) -> None:
    """Real threads, one lease."""
    results: list[str] = []

    def tool(actor: str) -> None:
        with connected(database) as connection:
            try:
                start(Session(connection, "public", actor), FILL, Throttle(Pacer(max_rate=2000, rows=200)))
                results.append("done")
            except (Conflict, Refused) as error:
                results.append(type(error).__name__)

    threads = [threading.Thread(target=tool, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "done" in results
    assert set(results) <= {"done", "Conflict"}
    assert table.connection.execute("SELECT count(*) FROM t WHERE c = id * 2").fetchone() == (1000,)
