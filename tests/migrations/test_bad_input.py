"""Whatever cannot be meant, or not be done, is a typed error before anything is changed: the list, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strangler.errors import ConfigError, Refused, StranglerError, UsageError
from strangler.testing.postgres import Server
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres

LONG = "n" * 64
SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, v text, amount numeric, n int GENERATED ALWAYS AS IDENTITY,
  twice int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO t VALUES (1, 'a', 1.25);
CREATE TABLE keyless (v text);
CREATE TABLE parts (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10);
"""
CASES: dict[str, tuple[str, type[StranglerError], str]] = {
    "an unknown operation": ("drop_colum: {table: t}", ConfigError, "did you mean `drop_column`"),
    "a key that an operation has not": (
        "drop_column: {table: t, colum: v}",
        ConfigError,
        "did you mean `column`",
    ),
    "a missing table": ("drop_table: {name: tt}", UsageError, "there is no table `tt`"),
    "a missing column": ("drop_column: {table: t, column: w}", UsageError, "`t` has no column `w`"),
    "a missing constraint": ("drop_constraint: {table: t, name: c}", UsageError, "has no constraint `c`"),
    "an index that is there": (
        "create_index: {name: t_pkey, table: t, columns: [v]}",
        UsageError,
        "there is an index `t_pkey` already",
    ),
    "an expression that is none": (
        "alter_column: {table: t, column: v, type: int, up: 'v +', down: v::text}",
        UsageError,
        "`up` of `t.v` is no expression over a row",
    ),
    "an expression over another column": (
        "alter_column: {table: t, column: v, type: int, up: length(w), down: v::text}",
        UsageError,
        'column "w" does not exist',
    ),
    "an expression that ends the statement": (
        "alter_column: {table: t, column: v, type: int, up: '1); DROP TABLE t; SELECT (1', down: v::text}",
        UsageError,
        "is no expression over a row",
    ),
    "a type that is none": ("alter_column: {table: t, column: v, type: nonsense}", UsageError, "nonsense"),
    "a down that does not invert up": (
        "alter_column: {table: t, column: amount, type: bigint, up: (amount * 100)::bigint, down: amount / 10.0}",
        Refused,
        "does not invert",
    ),
    "a value that up cannot take": (
        "alter_column: {table: t, column: v, type: int, up: v::int, down: v::text}",
        Refused,
        "does not survive up and down",
    ),
    "a table's name over 63 bytes": (
        f"create_table: {{name: {LONG}, columns: [{{name: id, type: int, pk: true}}]}}",
        ConfigError,
        "63 bytes",
    ),
    "a column's name over 63 bytes, of two bytes each": (
        f"rename_column: {{table: t, from: v, to: {'é' * 32}}}",
        ConfigError,
        "63 bytes",
    ),
    "a constraint's name over 63 bytes": (
        f"alter_column: {{table: t, column: v, check: {{name: {LONG}, constraint: v <> ''}}, up: v, down: v}}",
        ConfigError,
        "63 bytes",
    ),
    "a column that is computed": (
        "alter_column: {table: t, column: twice, type: bigint, up: twice, down: twice::int}",
        UsageError,
        "PostgreSQL computes it",
    ),
    "a column that is numbered": (
        "alter_column: {table: t, column: n, type: bigint, up: n, down: n::int}",
        UsageError,
        "numbered by a sequence",
    ),
    "a column of the key": ("drop_column: {table: t, column: id}", UsageError, "part of the primary key"),
    "a partitioned table": (
        "alter_column: {table: parts, column: v, nullable: false, up: \"COALESCE(v, '')\"}",
        UsageError,
        "the table is partitioned",
    ),
    "a partition": (
        "alter_column: {table: part, column: v, nullable: false, up: \"COALESCE(v, '')\"}",
        UsageError,
        "the table is partitioned",
    ),
    "no primary key": (
        "alter_column: {table: keyless, column: v, nullable: false, up: \"COALESCE(v, '')\"}",
        UsageError,
        "no primary key",
    ),
}


def start(session: Session, text: str, name: str = "01_x") -> None:
    loaded = parse(f"operations: [{{{text}}}]", Path(f"{name}.yaml"))
    lifecycle.start(session, loaded, Throttle(), lambda *_: None)


@pytest.fixture(scope="module")
def tables(postgres: Server) -> Iterator[Session]:
    """For all of them: none changes anything."""
    with connected(postgres.create_database()) as connection:
        connection.execute(SCHEMA.encode())
        yield Session(connection, "public", "ann", chance=lambda: 0.5)


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_and_nothing_is_changed(tables: Session, case: str) -> None:
    text, kind, words = CASES[case]
    before = read(tables.connection, "public")
    with pytest.raises(kind) as caught:
        start(tables, text)
    problems = getattr(caught.value, "problems", ())
    told = " ".join([str(caught.value), *(f"{each.what} {each.remedy or ''}" for each in problems)])
    assert words in told, told
    assert read(tables.connection, "public") == before
    assert not store.exists(tables.connection)


def test_a_version_whose_name_postgresql_would_cut(tables: Session) -> None:
    with pytest.raises(UsageError, match="would have 64 bytes"):
        start(tables, "drop_column: {table: t, column: v}", "x" * 57)
    assert not store.exists(tables.connection)


def test_a_schema_that_is_not_there(tables: Session) -> None:
    with pytest.raises(UsageError, match="there is no schema `billing`"):
        start(replace(tables, schema="billing"), "drop_column: {table: t, column: v}")
    assert not store.exists(tables.connection)


@pytest.fixture
def clerk(tables: Session) -> Iterator[Session]:
    """A role that may create and owns no table."""
    connection = tables.connection
    (database,) = connection.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
    connection.execute("CREATE ROLE clerk_bad")
    connection.execute(f"GRANT CREATE ON DATABASE {database} TO clerk_bad".encode())
    connection.execute("GRANT CREATE ON SCHEMA public TO clerk_bad; GRANT ALL ON t TO clerk_bad")
    connection.execute("SET ROLE clerk_bad")
    yield tables
    connection.execute("RESET ROLE; DROP OWNED BY clerk_bad; DROP ROLE clerk_bad")


def test_a_table_of_somebody_elses(clerk: Session) -> None:
    with pytest.raises(UsageError, match="clerk_bad does not own `t`, ") as caught:
        start(clerk, "add_column: {table: t, column: {name: c, type: int, nullable: true}}")
    assert "run it as" in (caught.value.remedy or "")
    assert not store.exists(clerk.connection)


@pytest.mark.full
def test_a_standby(tables: Session, standby: Callable[[str], str]) -> None:
    with connected(standby(tables.connection.info.dbname)) as connection:
        session = Session(connection, "public", "ann")
        with pytest.raises(UsageError, match="is a standby: nothing can be changed there") as caught:
            start(session, "add_column: {table: t, column: {name: c, type: int, nullable: true}}")
        assert "primary" in (caught.value.remedy or "")
        # Planning there is as good as anywhere.
        loaded = parse("operations: [{drop_column: {table: t, column: v}}]", Path("01_x.yaml"))
        assert lifecycle.planned(session, loaded).version == "public_01_x"
    assert not store.exists(tables.connection)
