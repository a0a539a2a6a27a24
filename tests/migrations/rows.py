"""Rows for any table, made from its catalogue: what a test writes through a version without knowing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from strangler_migrations.catalog.model import Column, Table


def value(column: Column, number: int) -> Any:
    """The `number`-th value of a column; no two alike, long enough for every check of the examples."""
    kind = column.type.partition("(")[0]
    if kind in {"integer", "bigint", "numeric"}:
        return 1_000 + number
    if kind in {"text", "character varying"}:
        return str(number) if column.name == "rating" else f"{column.name} {number}"
    if kind.startswith("time with"):
        return "10:00:00+00"
    if kind.startswith("timestamp"):
        return "2026-01-02 03:04:05"
    raise AssertionError(f"no value for {column.type}")


def row(table: Table, shown: Mapping[str, str], number: int, **given: Any) -> dict[str, Any]:
    """A row as a version shows it (name → column): every column that is not numbered or stamped by itself."""
    made = {
        name: value(table.columns[column], number)
        for name, column in shown.items()
        if "nextval" not in (table.columns[column].default or "")
        and not table.columns[column].identity
        and not table.columns[column].type.startswith("timestamp")
    }
    return {**made, **{name: each for name, each in given.items() if name in shown}}


def insert(
    connection: psycopg.Connection[Any], schema: str, table: str, row: Mapping[str, Any]
) -> dict[str, Any]:
    """Insert it through a schema, the way an application does; what came back."""
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() for _ in row),
    )
    if not row:
        query = sql.SQL("INSERT INTO {} DEFAULT VALUES RETURNING *").format(sql.Identifier(table))
    with connection.transaction(), connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        at(connection, schema)
        return dict(cursor.execute(query, list(row.values())).fetchone() or {})


def at(connection: psycopg.Connection[Any], schema: str) -> None:
    """In a transaction: be a client of a version."""
    path = schema if schema == "public" else f"{schema}, public"
    connection.execute("SELECT set_config('search_path', %s, true)", (path,))


def select(
    connection: psycopg.Connection[Any], schema: str, table: str, key: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows with a key, through a schema."""
    query = sql.SQL("SELECT * FROM {} WHERE {}").format(
        sql.Identifier(schema, table),
        sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in key
        ),
    )
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return [dict(found) for found in cursor.execute(query, list(key.values()))]
