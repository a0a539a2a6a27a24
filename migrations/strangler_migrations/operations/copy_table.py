"""`copy_table`: a copy of a table, kept in step while the migration is under way, and a table of its own afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.catalog.model import Column, Constraint, Index, Table
from strangler_migrations.checks import Check
from strangler_migrations.copying import Copied
from strangler_migrations.draft import Change, Draft, Shown
from strangler_migrations.operations.base import Name
from strangler_migrations.refusals import rows_refused
from strangler_migrations.sql.names import ident, idents, qualified
from strangler_migrations.statement import Phase, Statement

_WORDS = {
    "missing": "rows have no copy",
    "alone": "rows are in the copy alone",
    "differs": "rows differ from their copies",
}


class CopyTable(Part):
    """Copy a table."""

    KIND: ClassVar = "copy_table"

    from_: Name = Field(alias="from")
    """The table."""
    to: Name
    """The copy."""
    columns: tuple[Name, ...] = ()
    """The columns that are copied, the primary key's among them; default: all."""


def phases(operation: CopyTable, draft: Draft) -> Change:
    """The table at once, its rows range by range, what is written meanwhile by triggers; compared before `complete`."""
    table = draft.table(operation.from_)
    columns = _columns(operation, draft, table)
    copied = Copied(draft.catalog, table, operation.to, columns)
    start = (*_made(draft, operation, table, columns), *copied.making(), *copied.triggers())
    drop = Statement(
        f"DROP FUNCTION IF EXISTS {copied.function}()", undo=None, unit=f"drop copy {operation.to}"
    )
    check = Check(
        f"{operation.to}, the copy of {operation.from_}",
        copied.compared(),
        _WORDS,
        tuple(_WORDS),
        (Phase.VERIFY, Phase.COMPLETE),
        draft.where,
        "until `complete` only the table is written, never its copy",
    )
    return Change(
        {Phase.START: start, Phase.COMPLETE: tuple(copied.ended(operation.from_)), Phase.DROP: (drop,)},
        _after(operation, draft, table, columns),
        warnings=tuple(_notes(operation, table, columns)),
        checks=(check,),
        fillings=(copied.filling(),),
    )


def _columns(operation: CopyTable, draft: Draft, table: Table) -> tuple[str, ...]:
    rows_refused(draft, table)
    shown = draft.visible(operation.from_)
    if (
        operation.to in draft.shown
        or operation.to in draft.catalog.tables
        or operation.to in draft.catalog.views
    ):
        raise draft.wrong(f"there is a table or view `{operation.to}` already")
    if table.row_security:
        raise draft.wrong(
            f"`{operation.from_}` has row security, which its copy would pass by",
            "copy it with SQL, and its policies",
        )
    if any(name == table.name for name, _ in draft.paired) or shown.columns != {n: n for n in shown.columns}:
        raise draft.wrong(
            f"this file changes columns of `{operation.from_}`, too",
            "copy it in a file before, or in one behind",
        )
    columns = tuple(draft.column(operation.from_, name).name for name in operation.columns or shown.columns)
    if missing := [name for name in table.key if name not in columns]:
        raise draft.wrong(
            f"the copy has no {', '.join(missing)}, which the primary key needs", "name it in `columns`"
        )
    return columns


def _made(draft: Draft, operation: CopyTable, table: Table, columns: tuple[str, ...]) -> Iterator[Statement]:
    on, unit = qualified(draft.catalog.schema, operation.to), f"copy {operation.to}"
    body = [_defined(_plain(table.columns[name])) for name in columns]
    body.append(f"CONSTRAINT {ident(_key(operation))} PRIMARY KEY ({idents(table.key)})")
    text = ",\n  ".join(body)
    yield Statement(
        f"CREATE TABLE {on} (\n  {text}\n)",
        targets=(operation.to,),
        undo=(f"DROP TABLE IF EXISTS {on}",),
        unit=unit,
    )
    for role, privilege, grantable in sorted(table.grants):
        to = "PUBLIC" if role == "public" else ident(role)
        option = " WITH GRANT OPTION" if grantable else ""
        yield Statement(f"GRANT {privilege} ON {on} TO {to}{option}", unit=unit)


def _key(operation: CopyTable) -> str:
    return f"{operation.to[:58]}_pkey"


def _plain(column: Column) -> Column:
    """Without what gives or computes a value of its own: the values are the table's."""
    default = None if column.volatile else column.default
    return replace(
        column, default=default, identity="", generated=None, comment=None, grants=frozenset(), volatile=False
    )


def _defined(column: Column) -> str:
    parts = [ident(column.name), column.type]
    parts += [f"COLLATE {column.collation}"] if column.collation else []
    parts += [] if column.nullable else ["NOT NULL"]
    parts += [f"DEFAULT {column.default}"] if column.default else []
    return " ".join(parts)


def _after(operation: CopyTable, draft: Draft, table: Table, columns: tuple[str, ...]) -> Draft:
    key, name = _key(operation), operation.to
    made = Table(
        name,
        {column: _plain(table.columns[column]) for column in columns},
        constraints={key: Constraint(key, "primary", table.key, "")},
        indexes={key: Index(key, "", table.key, unique=True, constraint=True)},
        grants=table.grants,
        rows=0,
    )
    shown = draft.showing(name, Shown(name, {column: column for column in columns}))
    return replace(
        shown,
        catalog=draft.catalog.with_table(made),
        made=draft.made | {name},
        paired=draft.paired | {(table.name, column) for column in columns},
    )


def _notes(operation: CopyTable, table: Table, columns: tuple[str, ...]) -> Iterator[str]:
    left = [each.name for each in table.constraints.values() if each.kind != "primary"]
    left += [each.name for each in table.indexes.values() if not each.constraint]
    if left:
        yield f"{operation.to} has no {', '.join(sorted(left))}: what should bind the copy is yours to make"
    for name in columns:
        if table.columns[name].volatile or table.columns[name].identity:
            yield f"{operation.to}.{name} is not numbered by itself: give it a default when it is complete"
