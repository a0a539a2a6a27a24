"""A database that is there becomes version zero, and what pgroll left in it is said."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Conflict, Refused, UsageError
from strangler_migrations import readers
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.baseline import baseline
from strangler_migrations.running.session import Session, connected

from .killing import Killed, Mortal, session_on

pytestmark = pytest.mark.postgres

PGROLL = """
CREATE SCHEMA pgroll;
CREATE TABLE pgroll.migrations (schema name NOT NULL, name text NOT NULL, migration jsonb NOT NULL,
  created_at timestamp NOT NULL DEFAULT clock_timestamp(), parent text, done boolean NOT NULL DEFAULT false,
  PRIMARY KEY (schema, name));
INSERT INTO pgroll.migrations (schema, name, migration, done) VALUES ('public', '01_first', '{}', true),
  ('other', '09_x', '{}', false), ('public', '02_second', '{}', true);
CREATE SCHEMA public_02_second;
"""
NAME = "2026 'début' \"" + "x" * 41
"""With its schema's name and quotes, 63 bytes."""


@pytest.fixture
def there(session: Session) -> Session:
    session.connection.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE u (id int); INSERT INTO t VALUES (1, 2)"
    )
    return session


def test_it_is_the_version_before_the_first_migration_and_its_clients_are_known(
    there: Session, database: str
) -> None:
    before = read(there.connection, "public")
    record = baseline(there, NAME)
    assert (record.state, record.version, len(record.version.encode())) == ("dropped", f"public_{NAME}", 63)
    assert differences(before, read(there.connection, "public")) == []
    change = parse("operations: [{alter_column: {table: t, column: v, type: bigint}}]", Path("01_x.yaml"))
    lifecycle.start(there, change, Throttle(), lambda *_: None)
    with psycopg.connect(database, application_name="moved", autocommit=True) as client:
        client.execute("SELECT set_config('search_path', quote_ident(%s), false)", (record.version,))
        assert client.execute("SELECT v FROM t").fetchone() == (2,)
        found = readers.standing(there.connection, lifecycle.get(there, "01_x"))
    assert (found.form.previous, [each.application for each in found.seen]) == (record.version, ["moved"])
    with pytest.raises(Refused, match="this database has versions already"):
        baseline(there, "again")


@pytest.mark.parametrize(
    ("name", "setup", "words"),
    [
        ("x" * 57, "SELECT", "would have 64 bytes"),
        ("taken", "CREATE SCHEMA public_taken", "there is a schema `public_taken` already"),
    ],
)
def test_what_cannot_be_named_so_changes_nothing(there: Session, name: str, setup: str, words: str) -> None:
    there.connection.execute(setup.encode())
    with pytest.raises(UsageError, match=words):
        baseline(there, name)
    assert not store.exists(there.connection)


def test_what_pgroll_left_is_said_and_what_it_has_under_way_is_in_the_way(
    there: Session, said: list[str]
) -> None:
    there.connection.execute(PGROLL.encode())
    going = "UPDATE pgroll.migrations SET done = %s WHERE name = '02_second'"
    there.connection.execute(going, (False,))
    with pytest.raises(Refused, match="pgroll has `02_second` under way here") as caught:
        baseline(there, "zero")
    assert caught.value.remedy == "end it first: `pgroll complete`, or `pgroll rollback`"
    assert not store.exists(there.connection)
    there.connection.execute(going, (True,))
    baseline(there, "zero")
    assert said[0] == "pgroll has brought `public` to `02_second`, 2 migrations; they are not run again"
    assert "its views in `public_02_second` go on working" in said[1]


def test_of_two_at_once_one_is_refused(there: Session, database: str) -> None:
    results: list[str] = []

    def tool(name: str) -> None:
        with connected(database) as connection:
            try:
                baseline(Session(connection, "public", name), name)
                results.append("done")
            except (Conflict, Refused) as error:
                results.append(type(error).__name__)

    threads = [threading.Thread(target=tool, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) in [["Conflict", "done"], ["Refused", "done"]]
    assert len(store.migrations(there.connection)) == 1


@pytest.mark.parametrize(
    "left", [pytest.param(3, marks=pytest.mark.full), 12, pytest.param(20, marks=pytest.mark.full)]
)
def test_killed_in_the_middle_nothing_is_there_and_it_can_be_called_again(
    there: Session, database: str, left: int
) -> None:
    mortal = session_on(database)
    assert isinstance(mortal.connection, Mortal)
    mortal.connection.left = left
    with pytest.raises(Killed):
        baseline(mortal, "zero")
    assert [each for each in store.migrations(there.connection) if each.name == "zero"] == []
    assert baseline(there, "zero").state == "dropped"
