"""`drop_column`: the new version does not show it; it is fed by `down` until the grace time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.catalog.model import Column, Table
from strangler_migrations.copies import freed
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.refusals import readers, rows_refused
from strangler_migrations.sql.names import OLD, ident, prefixed, qualified
from strangler_migrations.statement import Phase, changes


class DropColumn(Part):
    """Drop a column."""

    KIND: ClassVar = "drop_column"

    table: Name
    """The table."""
    column: Name
    """The column."""
    down: Expression | None = None
    """Its value in rows that the new version writes."""


def phases(operation: DropColumn, draft: Draft) -> Change:
    """Not shown from `start` on; under another name, fed by `down`, from `complete` on; dropped at the end."""
    column, table = draft.column(operation.table, operation.column), draft.table(operation.table)
    shown = draft.visible(operation.table)
    _refuse(operation, draft, table, column)
    kept, final = prefixed(OLD, operation.column), draft.final(table.name)
    on = f"ALTER TABLE {qualified(draft.catalog.schema, operation.table)} RENAME COLUMN"
    rename = changes(
        operation.table,
        f"{on} {ident(operation.column)} TO {ident(kept)}",
        f"{on} {ident(kept)} TO {ident(operation.column)}",
        unit="contract",
        why="kept for the grace time: a rollback brings it back with its values",
    )
    drop = changes(
        final,
        f"ALTER TABLE {qualified(draft.catalog.schema, final)} DROP COLUMN IF EXISTS {ident(kept)}",
        None,
        unit=f"drop {final}",
    )
    columns = {name: value for name, value in shown.columns.items() if name != operation.column}
    after = draft.showing(operation.table, replace(shown, columns=columns))
    steps = {
        Phase.COMPLETE: (rename, *freed(draft, operation.table, table, (column.name,))),
        Phase.DROP: (drop,),
    }
    return Change(steps, after, tuple(_pair(operation, draft, after, column)))


def _refuse(operation: DropColumn, draft: Draft, table: Table, column: Column) -> None:
    place = f"`{operation.table}.{operation.column}`"
    if column.name in table.key:
        raise draft.wrong(f"{place} is part of the primary key", "change the key first")
    if any(
        column.name in c.definition and t != table.name
        for t, c in draft.catalog.referencing(table.name)
        if f"({ident(column.name)})" in c.definition.partition(" REFERENCES ")[2]
    ):
        raise draft.wrong(f"a foreign key points at {place}", "drop that constraint first")
    for view in readers(draft, table.name, column.name):
        raise draft.wrong(f"the view {view} reads {place}", "drop the view first")
    numbered = column.default is not None or column.identity or column.generated
    if operation.down is None and not column.nullable and not numbered:
        raise draft.wrong(
            f"{place} is NOT NULL and has no default: rows of the new version would have no value",
            'say it with `down`, such as `down: "0"`',
        )


def _pair(operation: DropColumn, draft: Draft, after: Draft, column: Column) -> Iterator[Pair]:
    if operation.down is None:
        return
    rows_refused(draft, draft.table(operation.table))
    shown = draft.visible(operation.table)
    yield Pair(
        shown.table,
        operation.column,
        column.name,
        None,
        column.type,
        old_default=None if column.volatile else column.default,
        down=operation.down,
        up_row=shown.columns,
        down_row=after.visible(operation.table).columns,
        kept=prefixed(OLD, operation.column),
        where=draft.where,
    )
