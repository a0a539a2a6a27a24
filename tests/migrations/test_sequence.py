"""Several files planned in turn: each over what the one before leaves, as PostgreSQL itself would have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import UsageError
from strangler_migrations.after import after
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.catalog.read import read
from strangler_migrations.estimates import of_filling, of_statement
from strangler_migrations.migration import files, parse
from strangler_migrations.plan import plan
from strangler_migrations.running.obstacles import obstacles
from strangler_migrations.running.sequence import in_turn
from strangler_migrations.running.session import Session
from strangler_migrations.statement import Phase

from . import test_change_enum, test_copy_table, test_move_column, test_widen_key
from .test_examples import CORPUS, DIRECT, migration_of
from .test_operations import CASES, SCHEMA

pytestmark = pytest.mark.postgres

SPELT = {"int": "integer", "serial": "integer", "timestamptz": "timestamp with time zone"}
BEGINS = {"varchar": "character varying", "char": "character", "decimal": "numeric"}


def spelt(type_: str) -> str:
    kind, rest = type_.lower().partition("(")[::2]
    kind = SPELT.get(kind, BEGINS.get(kind, kind))
    return f"{kind}({rest}" if rest else kind


def shape(catalog: Catalog) -> dict[str, Any]:
    """What a later plan asks of a catalogue."""
    return {
        table.name: {
            "columns": {
                c.name: (spelt(c.type), c.nullable, c.default is None) for c in table.columns.values()
            },
            "constraints": {
                c.name: (c.kind, set(c.columns), c.references) for c in table.constraints.values()
            },
            "indexes": {i.name: (set(i.columns), i.unique, i.constraint) for i in table.indexes.values()},
        }
        for table in catalog.tables.values()
    }


def test_what_each_operation_leaves_is_what_direct_sql_leaves(session: Session) -> None:
    connection = session.connection
    for case, (operation, direct) in CASES.items():
        with connection.transaction(force_rollback=True):
            connection.execute(SCHEMA.encode())
            migration = parse(f"operations: [{{{operation}}}]", Path("01_x.yaml"))
            foreseen = after(plan(migration, read(connection, "public")), migration)
            connection.execute(direct.encode())
            assert shape(foreseen) == shape(read(connection, "public")), case


@pytest.mark.parametrize(
    ("schema", "operation", "direct"),
    [
        (test_widen_key.SCHEMA, "widen_key: {table: customers}", test_widen_key.DIRECT),
        (test_widen_key.SCHEMA, "widen_key: {table: invoices}", test_widen_key.OF_INVOICES),
        (test_change_enum.SCHEMA, test_change_enum.TEXT.strip("\n -"), test_change_enum.DIRECT),
    ],
)
def test_what_takes_keys_and_types_along(session: Session, schema: str, operation: str, direct: str) -> None:
    connection = session.connection
    connection.execute(schema.encode())
    text = (
        f"operations:\n  - {operation}"
        if operation.startswith("change")
        else f"operations: [{{{operation}}}]"
    )
    migration = parse(text, Path("01_x.yaml"))
    foreseen = after(plan(migration, read(connection, "public")), migration)
    connection.execute(direct.encode())
    ended = read(connection, "public")
    assert shape(foreseen) == shape(ended)
    assert foreseen.types == ended.types
    identities = [
        {(t.name, c.name, c.identity) for t in each.tables.values() for c in t.columns.values() if c.identity}
        for each in (foreseen, ended)
    ]
    assert identities[0] == identities[1]


@pytest.mark.parametrize(
    ("schema", "text", "direct"),
    [
        (test_widen_key.SCHEMA, test_widen_key.TEXT % "customers", test_widen_key.DIRECT),
        (test_change_enum.SCHEMA, f"operations:{test_change_enum.TEXT}", test_change_enum.DIRECT),
        (
            test_copy_table.SCHEMA,
            "operations: [{copy_table: {from: bills, to: kept}}]",
            test_copy_table.DIRECT,
        ),
        (test_move_column.SCHEMA, f"operations:{test_move_column.MOVE}", test_move_column.DIRECT),
    ],
    ids=["widen_key", "change_enum", "copy_table", "move_column"],
)
def test_what_the_larger_operations_leave(session: Session, schema: str, text: str, direct: str) -> None:
    connection = session.connection
    connection.execute(schema.encode())
    migration = parse(text, Path("01_x.yaml"))
    foreseen = after(plan(migration, read(connection, "public")), migration)
    connection.execute(direct.encode())
    there = read(connection, "public")
    assert shape(foreseen) == shape(there)
    assert foreseen.types == there.types


@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is absent")
def test_forty_files_leave_what_direct_sql_leaves(session: Session) -> None:
    """SQL of the user's is run in between, because no plan foresees it; all else is planned only."""
    connection = session.connection
    loaded = [migration_of(file) for file in files([CORPUS])]
    (makes,) = [each for each in loaded if "create table users" in each.text.lower()]
    catalog, previous = read(connection, "public"), None
    for each in loaded:
        if each is makes:
            connection.execute("CREATE TABLE users (id integer PRIMARY KEY, name text)")
            users = read(connection, "public").tables["users"]
            catalog = catalog.with_table(users)
            continue
        made = plan(each, catalog, previous)
        catalog, previous = after(made, each), made.version
    connection.execute("DROP TABLE users")
    connection.execute(DIRECT.encode())
    direct, foreseen = shape(read(connection, "public")), shape(catalog)
    # A column that a file adds with SQL.
    direct["people"]["columns"].pop("birth_date")
    assert foreseen == direct


ADD = "operations: [{add_column: {table: t, column: {name: c, type: int}, up: id}}]"
ALTER = "operations: [{alter_column: {table: t, column: c, type: bigint, up: c, down: c::int}}]"
SQL = "operations: [{sql: {up: ALTER TABLE t ADD COLUMN c int, down: ALTER TABLE t DROP COLUMN c}}]"


def test_a_column_of_the_file_before(session: Session) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    first, second = parse(ADD, Path("01_add.yaml")), parse(ALTER, Path("02_alter.yaml"))
    with pytest.raises(UsageError, match="no column `c`"):
        in_turn(session, [second])
    plans = in_turn(session, [first, second])
    assert [each.previous for each in plans] == [None, "public_01_add"]
    assert plans[1].catalog.tables["t"].columns["c"].type == "int"
    assert session.connection.execute("SELECT count(*) FROM pg_class WHERE relname = 't'").fetchone() == (1,)


def test_what_sql_makes_is_not_foreseen_and_said(session: Session) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(UsageError, match="no column `c`") as caught:
        in_turn(session, [parse(SQL, Path("01_sql.yaml")), parse(ALTER, Path("02_alter.yaml"))])
    assert "01_sql runs SQL, and what that makes is not foreseen" in (caught.value.remedy or "")


def test_estimates_come_from_the_catalogue(session: Session) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    session.connection.execute("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i")
    session.connection.execute("ANALYZE t")
    text = "{alter_column: {table: t, column: v, unique: {name: u}, up: v, down: v}}"
    (made,) = in_turn(session, [parse(f"operations: [{text}]", Path("01_x.yaml"))])
    table = made.catalog.tables["t"]
    index = next(each for each in made.phases[Phase.VERIFY] if each.index == "u")
    built, filled = of_statement(made.catalog, index), of_filling(made.catalog, made.fillings[0], 100)
    assert (built.rows, built.bytes, built.seconds) == (5_000, 2 * table.bytes, 1)
    assert (filled.rows, filled.seconds) == (5_000, 50)
    assert filled.wal > filled.bytes == table.bytes > 5_000 * 100
    moments = [each for each in made.phases[Phase.START] if not each.scans]
    assert {of_statement(made.catalog, each).seconds for each in moments} == {0}


def test_whoever_is_in_the_way_is_named(session: Session, database: str) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with (
        psycopg.connect(database, application_name="cron") as idle,
        psycopg.connect(database, application_name="report") as old,
    ):
        idle.execute("SELECT * FROM t")
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1")
        found = obstacles(session, ["t"], older_than_s=0)
        assert {(each.kind, each.who.split(" (")[1].split(",")[0], each.tables) for each in found} == {
            ("idle", "cron", ("t",)),
            ("idle", "report", ()),
        }
        assert next(str(each) for each in found if each.tables).endswith("s, with t")
        assert obstacles(session, ["t"], older_than_s=3_600) == []
