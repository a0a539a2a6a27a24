"""The old form withdrawn for a while: refused to whoever still uses it, given back by time itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Conflict, Refused
from strangler.testing.postgres import Server
from strangler_migrations import brownout, readers
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected
from strangler_migrations.running.store import Record
from strangler_migrations.sql.names import ident

pytestmark = pytest.mark.postgres

FIRST, SECOND = "01 the \"old's", "02_new"
OLD, NEW = f"public_{FIRST}", f"public_{SECOND}"
SCHEMA = """
CREATE TABLE "b ""x y" (id int PRIMARY KEY, amount int NOT NULL DEFAULT 7);
CREATE TABLE lines (id int PRIMARY KEY);
INSERT INTO "b ""x y" SELECT i, i FROM generate_series(1, 9) i;
GRANT SELECT, UPDATE (amount) ON "b ""x y" TO PUBLIC;
"""


def start(session: Session, name: str, operation: str) -> Record:
    migration = parse(f"operations: [{operation}]", Path(f"{name}.yaml"))
    return lifecycle.start(session, migration, Throttle(), lambda *_: None)


def brought_up(session: Session) -> Record:
    session.connection.execute(SCHEMA.encode())
    start(session, FIRST, "{add_column: {table: 'b \"x y', column: {name: n, type: text, nullable: true}}}")
    lifecycle.complete(session, FIRST)
    lifecycle.drop(session, FIRST)
    change = "column: amount, type: bigint, default: '7', up: amount * 100, down: amount / 100"
    return start(session, SECOND, f"{{alter_column: {{table: 'b \"x y', {change}}}}}")


@pytest.fixture(scope="module")
def url(postgres: Server) -> str:
    url = postgres.create_database()
    with connected(url) as connection:
        brought_up(Session(connection, "public", "ann"))
    return url


@pytest.fixture
def tool(url: str) -> Iterator[Session]:
    with connected(url) as connection:
        session = Session(connection, "public", "ann")
        yield session
        brownout.lift(session, lifecycle.get(session, SECOND))
        connection.execute("TRUNCATE strangler.brownouts, strangler.seen")


def record(session: Session) -> Record:
    return lifecycle.get(session, SECOND)


@contextmanager
def client(url: str, path: str, name: str = "x") -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True, application_name=name) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", (f"{ident(path)}, public",))
        yield connection


READ = 'SELECT amount FROM "b ""x y" WHERE id = 1'
WRITE = 'UPDATE "b ""x y" SET amount = amount WHERE id = 1'


def test_the_old_form_is_refused_and_given_back_as_it_was(url: str, tool: Session) -> None:
    before = read(tool.connection, OLD)
    brownout.begin(tool, record(tool), 60, "CHG-1")
    with client(url, OLD, "old") as old, client(url, NEW) as new, client(url, "public") as direct:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is withdrawn until"):
            old.execute(READ.encode())
        old.execute("BEGIN READ ONLY")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is withdrawn until"):
            old.execute(READ.encode())
        old.execute("ROLLBACK")
        for statement in (WRITE, 'INSERT INTO "b ""x y" (id, amount) VALUES (90, 1)'):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                direct.execute(statement.encode())
        assert new.execute(READ.encode()).fetchone() == (100,)
        assert new.execute(WRITE.encode()).rowcount == 1
        found = {
            (each.way, each.application) for each in readers.standing(tool.connection, record(tool)).seen
        }
        assert ("refused", "old") in found, "its rollback did not take the mark away"
        ended = brownout.lift(tool, record(tool))
        assert ended is not None
        assert (ended.refused, ended.ended is not None) == (3, True), (
            "a read-only transaction leaves the lock alone"
        )
        assert old.execute(READ.encode()).fetchone() == (1,)
        assert direct.execute(WRITE.encode()).rowcount == 1
    assert differences(before, read(tool.connection, OLD)) == []


def test_it_ends_by_itself_when_nobody_comes_to_end_it(url: str, tool: Session) -> None:
    before = read(tool.connection, OLD)
    with client(url, OLD) as pooled, connected(url) as connection:
        pooled.execute(f"PREPARE known AS {READ}".encode())
        brownout.begin(Session(connection, "public", "ann"), record(tool), 1, "CHG-2")
        tool.connection.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pooled.execute("EXECUTE known")
        time.sleep(1.1)
        assert pooled.execute("EXECUTE known").fetchone() == (1,), "the server's clock gave it back"
        assert pooled.execute(WRITE.encode()).rowcount == 1
    assert differences(before, read(tool.connection, OLD)) != []
    found = brownout.settle(tool, record(tool))
    assert found is not None
    assert (found.refused, found.ended) == (1, found.until)
    assert differences(before, read(tool.connection, OLD)) == []
    assert brownout.settle(tool, record(tool)) == found


def test_one_at_a_time_and_an_early_end(url: str, tool: Session) -> None:
    brownout.begin(tool, record(tool), 60, "CHG-3")
    with pytest.raises(Conflict, match="a brownout is at work until"):
        brownout.begin(tool, record(tool), 60, "CHG-4")
    found = brownout.settle(tool, record(tool))
    assert found is not None
    assert found.ended is None, "it is not over"
    ended = brownout.lift(tool, record(tool))
    assert ended is not None
    assert ended.ended is not None
    assert (ended.ended < ended.until, ended.refused) == (True, 0)


def test_a_long_read_of_the_old_form_is_waited_for_and_named(
    url: str, tool: Session, said: list[str]
) -> None:
    from dataclasses import replace

    with client(url, OLD, "report") as long:
        long.execute("BEGIN")
        long.execute(READ.encode())

        def sleep(_: float) -> None:
            long.execute("COMMIT")

        brownout.begin(replace(tool, sleep=sleep, tell=said.append), record(tool), 60, "CHG-5")
    assert said
    assert "waiting for" in said[0]


def test_where_nothing_can_be_withdrawn_it_is_refused(session: Session) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    start(session, "01_x", "{create_index: {name: i, table: t, columns: [id]}}")
    with pytest.raises(Refused, match="nothing can be withdrawn"):
        brownout.begin(session, lifecycle.get(session, "01_x"), 60, "x")
    lifecycle.complete(session, "01_x")
    with pytest.raises(Refused, match="a brownout comes before"):
        brownout.begin(session, lifecycle.get(session, "01_x"), 60, "x")


@pytest.mark.full
def test_it_ends_by_itself_although_the_server_crashed(postgres: Server) -> None:
    if postgres.folder is None:
        pytest.skip("the server is not ours to crash")
    url = postgres.create_database()
    with connected(url) as connection:
        session = Session(connection, "public", "ann")
        brownout.begin(session, brought_up(session), 4, "CHG-6")
        postgres.crash()
    postgres.restart()
    with client(url, OLD) as old:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            old.execute(READ.encode())
        time.sleep(4)
        assert old.execute(READ.encode()).fetchone() == (1,)
    with connected(url) as connection:
        session = Session(connection, "public", "ann")
        found = brownout.settle(session, record(session))
    assert found is not None
    assert found.refused >= 1
