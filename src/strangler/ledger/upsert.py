"""One way to add to counters, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, case

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

type Row = dict[str, Any]


def upsert(
    connection: Connection,
    table: Table,
    rows: Iterable[Row],
    *,
    add: tuple[str, ...] = (),
    earliest: tuple[str, ...] = (),
    latest: tuple[str, ...] = (),
    replace: tuple[str, ...] = (),
) -> None:
    """Insert rows; where one is there already, add, keep the smaller or larger, or replace, column by column.

    Rows go in by primary key: two writers that took them in different orders would deadlock on PostgreSQL.
    """
    keys = [column.name for column in table.primary_key.columns]
    ordered = sorted(rows, key=lambda row: tuple(row[key] for key in keys))
    if ordered:
        statement = _statement(connection.dialect.name, table, add, earliest, latest, replace)
        connection.execute(statement, ordered)


@lru_cache(maxsize=256)
def _statement(
    dialect: str,
    table: Table,
    add: tuple[str, ...],
    earliest: tuple[str, ...],
    latest: tuple[str, ...],
    replace: tuple[str, ...],
) -> Insert:
    """Made once: it costs more than running it does."""
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert(dialect, table)
    new, columns = statement.excluded, table.c
    changes: dict[str, ColumnElement[Any]] = {name: columns[name] + new[name] for name in add}
    changes |= {name: case((new[name] < columns[name], new[name]), else_=columns[name]) for name in earliest}
    changes |= {name: case((new[name] > columns[name], new[name]), else_=columns[name]) for name in latest}
    changes |= {name: new[name] for name in replace}
    if changes:
        return statement.on_conflict_do_update(index_elements=keys, set_=changes)
    return statement.on_conflict_do_nothing(index_elements=keys)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    # Each knows `ON CONFLICT` in its own words. The one that is in use is loaded already; the other need not be.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def tally[K](counts: dict[K, Row], key: K, start: Mapping[str, Any]) -> Row:
    """The row of a key, made from `start` when it is new."""
    row = counts.get(key)
    if row is None:
        row = counts[key] = dict(start)
    return row
