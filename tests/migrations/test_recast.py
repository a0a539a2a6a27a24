"""`split_column` and `merge_columns`: several columns and one hold the same, whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import Refused, UsageError
from strangler.testing.postgres import Server
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres
NEW = "public_01_x"
SPLIT = """
  - split_column:
      table: people
      column: name
      into:
        - {name: name, type: text, up: "split_part(name, ' ', 1)"}
        - {name: family, type: text, nullable: true, up: "NULLIF(split_part(name, ' ', 2), '')"}
      down: concat_ws(' ', name, family)
"""
MERGE = """
  - merge_columns:
      table: people
      columns:
        - {name: street, down: "split_part(address, ', ', 1)"}
        - {name: town, down: "split_part(address, ', ', 2)"}
      into: {name: address, type: text, up: "street || ', ' || town"}
"""
SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL DEFAULT 'Nobody', street text NOT NULL DEFAULT 'Lane 1',
  town text NOT NULL, UNIQUE (street, town));
INSERT INTO people VALUES (1, 'Ann Lee', 'Road 2', 'Ulm'), (2, 'Bob', 'Road 3', 'Ulm');
"""


def loaded(*operations: str) -> Loaded:
    return parse(f"operations: {''.join(operations)}", Path("01_x.yaml"))


def start(session: Session, migration: Loaded, *, allow_loss: bool = False) -> None:
    lifecycle.start(session, migration, Throttle(), lambda *_: None, allow_loss=allow_loss)


def rows(session: Session, schema: str) -> dict[int, tuple[Any, ...]]:
    columns = "name, family, address" if schema == NEW else "name, street, town"
    found = session.connection.execute(f"SELECT id, {columns} FROM {schema}.people ORDER BY id".encode())
    return {row[0]: row[1:] for row in found}


@pytest.fixture(scope="module")
def started(postgres: Server) -> Iterator[Session]:
    with connected(postgres.create_database()) as connection:
        session = Session(connection, "public", "ann")
        connection.execute(SCHEMA.encode())
        start(session, loaded(SPLIT, MERGE))
        yield session


@pytest.fixture
def both(started: Session) -> Iterator[Session]:
    with started.connection.transaction(force_rollback=True):
        yield started


def test_rows_that_were_there_have_both_forms(both: Session) -> None:
    assert rows(both, NEW) == {1: ("Ann", "Lee", "Road 2, Ulm"), 2: ("Bob", None, "Road 3, Ulm")}


@pytest.mark.parametrize("path", ["public", NEW])
def test_the_writer_is_told_by_what_it_wrote(both: Session, path: str) -> None:
    run = both.connection.execute
    run(f"SET LOCAL search_path = {path}".encode())
    run(f"UPDATE {NEW}.people SET family = 'Roe' WHERE id = 1".encode())
    run("UPDATE public.people SET town = 'Bonn' WHERE id = 1")
    run(f"INSERT INTO {NEW}.people VALUES (3, 'Cy', 'Oz', 'Way 4, Rom')".encode())
    run("INSERT INTO public.people (id, name, town) VALUES (4, 'Di Fu', 'Ulm')")
    assert rows(both, "public") == {
        1: ("Ann Roe", "Road 2", "Bonn"),
        2: ("Bob", "Road 3", "Ulm"),
        3: ("Cy Oz", "Way 4", "Rom"),
        4: ("Di Fu", "Lane 1", "Ulm"),
    }
    assert rows(both, NEW) == {
        1: ("Ann", "Roe", "Road 2, Bonn"),
        2: ("Bob", None, "Road 3, Ulm"),
        3: ("Cy", "Oz", "Way 4, Rom"),
        4: ("Di", "Fu", "Lane 1, Ulm"),
    }


def test_a_tie_is_the_path_s(both: Session) -> None:
    both.connection.execute("INSERT INTO public.people (id, town) VALUES (5, 'Ulm')")
    assert rows(both, NEW)[5] == ("Nobody", None, "Lane 1, Ulm")


def test_both_forms_written_must_agree(both: Session) -> None:
    run = both.connection.execute
    write = "UPDATE public.people SET name = 'X Y', _strangler_new_name = 'X', _strangler_new_family = %s WHERE id = 1"
    run(write.encode(), ("Y",))
    assert rows(both, NEW)[1][:2] == ("X", "Y")
    with pytest.raises(
        psycopg.errors.IntegrityConstraintViolation, match="people\\.name: both forms are written"
    ):
        run(write.replace("'X Y'", "'Z Y'").encode(), ("W",))


def test_after_complete_the_old_columns_are_fed(session: Session) -> None:
    session.connection.execute(SCHEMA.encode())
    start(session, loaded(SPLIT, MERGE))
    lifecycle.complete(session, "01_x")
    session.connection.execute("UPDATE people SET family = 'Poe', address = 'Way 1, Rom' WHERE id = 1")
    session.connection.execute("INSERT INTO people (id, name, address) VALUES (9, 'Eve', 'Way 2, Rom')")
    lifecycle.rollback(session, "01_x")
    found = rows(session, "public")
    assert (found[1], found[9]) == (("Ann Poe", "Way 1", "Rom"), ("Eve", "Way 2", "Rom"))


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (SPLIT.replace("concat_ws(' ', name, family)", "name"), Refused, "Ann Lee → Ann, Lee → Ann"),
        (SPLIT.replace("nullable: true, ", ""), Refused, "1 of 2 sampled rows of `people`: Bob"),
        (SPLIT.replace("family, type", "town, type"), UsageError, "has a column `town` already"),
        (SPLIT.replace("name, family)", "name, surname)"), UsageError, 'column "surname" does not exist'),
        (SPLIT.replace("column: name", "column: id"), UsageError, "part of the primary key"),
        (SPLIT.replace("name: family", "name: name"), UsageError, "have the same name"),
        (MERGE.replace("town, down: \"split_part(address, ', ', 2)", 'town, down: "upper(address)'), Refused, "ROAD 2"),
        (MERGE.replace("name: town", "name: tawn"), UsageError, "did you mean `town`"),
        (f"{MERGE}  - alter_column: {{table: people, column: street, nullable: false, up: street}}", UsageError,
         "has no column `street`"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_changes(
    untouched: Session, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        start(untouched, loaded(text))
    assert words in str(caught.value)
    with pytest.raises(Refused, match="do not come back"):
        start(untouched, loaded(SPLIT.replace("concat_ws(' ', name, family)", "name")))
