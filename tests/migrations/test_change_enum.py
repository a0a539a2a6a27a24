"""`change_enum`: each version sees the values that it knows, and writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import ConfigError, UsageError
from strangler.testing.postgres import Server
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import checking, lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres
NEW = "public_01_x"
TEXT = """
  - change_enum:
      type: state
      add: [{value: disputed, down: open, after: open}]
      rename: {cancelled: void}
      remove: {bogus: draft}
"""
SCHEMA = """
CREATE TYPE state AS ENUM ('draft', 'open', 'paid', 'cancelled', 'bogus');
CREATE TABLE bills (id int PRIMARY KEY, state state NOT NULL DEFAULT 'cancelled', was state,
  CONSTRAINT sane CHECK (state <> 'cancelled' OR was IN ('draft', 'cancelled')));
CREATE INDEX open_ones ON bills (state, id) WHERE state <> 'cancelled';
CREATE TABLE notes (id int PRIMARY KEY, state state, text text);
INSERT INTO bills VALUES (1, 'draft', NULL), (2, 'cancelled', 'cancelled'), (3, 'bogus', 'open');
INSERT INTO notes VALUES (1, 'bogus'), (2, NULL);
"""
DIRECT = """
ALTER TYPE state RENAME TO gone;
CREATE TYPE state AS ENUM ('draft', 'open', 'disputed', 'paid', 'void');
ALTER TABLE bills DROP CONSTRAINT sane, ALTER state DROP DEFAULT;
DROP INDEX open_ones;
ALTER TABLE bills ALTER state TYPE state USING 'open', ALTER was TYPE state USING 'open';
ALTER TABLE notes ALTER state TYPE state USING 'open';
ALTER TABLE bills ALTER state SET DEFAULT 'void',
  ADD CONSTRAINT sane CHECK (state <> 'void' OR was IN ('draft', 'void'));
CREATE INDEX open_ones ON bills (state, id) WHERE state <> 'void';
DROP TYPE gone;
"""


def loaded(text: str = TEXT) -> Loaded:
    return parse(f"operations: {text}", Path("01_x.yaml"))


def start(session: Session, migration: Loaded) -> None:
    lifecycle.start(session, migration, Throttle(), lambda *_: None)


def states(session: Session, schema: str, table: str = "bills", column: str = "state") -> list[Any]:
    query = f"SELECT {column}::text FROM {schema}.{table} ORDER BY id".encode()
    return [value for (value,) in session.connection.execute(query)]


def test_a_whole_life(session: Session, postgres: Server, said: list[str]) -> None:
    run = session.connection.execute
    run(SCHEMA)
    before = read(session.connection, "public")
    for complete in (False, True):
        start(session, loaded())
        if complete:
            lifecycle.complete(session, "01_x")
            run("INSERT INTO bills (id, state, was) VALUES (9, 'disputed', 'void')")
        lifecycle.rollback(session, "01_x")
        assert differences(before, read(session.connection, "public")) == []
    assert said[0] == "on the rows: bills.state: 1 are bogus, and become draft, such as id 3: bogus"
    assert (states(session, "public"), states(session, "public", column="was")[3]) == (
        ["draft", "cancelled", "bogus", "open"],
        "cancelled",
    )
    start(session, loaded())
    report = [each.answer for each in checking.recorded(session.connection, "01_x")]
    assert [len(answer.findings) for answer in report if answer] == [2, 1, 2]
    lifecycle.complete(session, "01_x")
    lifecycle.drop(session, "01_x")
    assert states(session, "public") == ["draft", "void", "draft", "open"]
    assert states(session, "public", "notes") == ["draft", None]
    with connected(postgres.create_database()) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute(DIRECT.encode())
        wanted = read(connection, "public")
    assert differences(wanted, read(session.connection, "public")) == []


def test_both_versions_write(session: Session) -> None:
    run = session.connection.execute
    run(SCHEMA)
    start(session, loaded())
    run(f"INSERT INTO {NEW}.bills VALUES (4, 'disputed', 'draft')".encode())
    run(f"INSERT INTO {NEW}.bills (id, was) VALUES (5, 'void')".encode())
    run("INSERT INTO bills (id, was) VALUES (6, 'cancelled')")
    run("UPDATE bills SET state = 'bogus' WHERE id = 1")
    run(f"UPDATE {NEW}.bills SET state = 'paid' WHERE id = 2".encode())
    assert states(session, "public") == ["bogus", "paid", "bogus", "open", "cancelled", "cancelled"]
    assert states(session, NEW) == ["draft", "paid", "draft", "disputed", "void", "void"]
    run("UPDATE bills SET was = 'open' WHERE id = 4")
    assert states(session, NEW)[3] == "disputed"
    for sql in (
        f"INSERT INTO {NEW}.bills (id, was) VALUES (7, 'paid')",
        "INSERT INTO bills (id, was) VALUES (7, 'paid')",
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match="sane"):
            run(sql.encode())
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        run(f"UPDATE {NEW}.bills SET state = 'bogus'".encode())


@pytest.mark.parametrize(
    ("setup", "text", "words"),
    [
        ("", TEXT.replace("type: state", "type: stat"), "no enum `stat`"),
        ("", TEXT.replace("down: open", "down: opened"), "has no value `opened`"),
        ("", TEXT.replace("after: open", "after: opened"), "`opened` is no value of the new version"),
        ("", TEXT.replace("bogus: draft", "bogus: cancelled"), "becomes `cancelled`, which is no value"),
        ("", TEXT.replace("value: disputed", "value: paid"), "would have a value twice"),
        ("", TEXT.replace("bogus: draft", "cancelled: draft"), "both renamed and removed"),
        ("", TEXT.replace("bogus: draft", "draft: open"), "it speaks of 'draft', which goes"),
        ("ALTER TABLE notes ADD CHECK (state::text <> 'cancelled')", TEXT, "compares the text 'cancelled'"),
        ("ALTER TABLE notes ADD list state[]", TEXT, "holds arrays of it"),
        ("ALTER TABLE notes ADD CHECK (text::state <> 'open')", TEXT, "`notes_text_check` of `notes` reads it"),
        ("CREATE FUNCTION f(state) RETURNS int LANGUAGE sql AS 'SELECT 1'", TEXT, r"function f\(state\) is made with"),
        ("CREATE DOMAIN d AS state", TEXT, "type d is made with"),
        ("CREATE SCHEMA o; CREATE TABLE o.t (s state)", TEXT, "column s of table o.t is made with"),
        ("ALTER TABLE bills ALTER state SET DEFAULT lower('OPEN')::state", TEXT, "which is no plain value"),
        ("", f"{TEXT}  - add_column: {{table: notes, column: {{name: n, type: state, nullable: true}}}}",
         "which would be the old type"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(untouched: Session, setup: str, text: str, words: str) -> None:
    with untouched.connection.transaction(force_rollback=True):
        untouched.connection.execute((setup or "SELECT 1").encode())
        with pytest.raises(UsageError, match=words) as caught:
            lifecycle.planned(untouched, loaded(text))
    assert caught.value.where


@pytest.mark.parametrize(
    "rest", ["", ", add: [{value: a}]", ", add: [{value: a, down: b, before: c, after: d}]"]
)
def test_a_file_that_says_too_little_or_too_much_is_refused(rest: str) -> None:
    with pytest.raises(ConfigError):
        loaded(f"[{{change_enum: {{type: x{rest}}}}}]")
