"""`create_table`: a table of its own; nobody waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.catalog.model import Catalog, Index, Table
from strangler_migrations.catalog.model import Constraint as Known
from strangler_migrations.columns import deferral, definition, expected, foreign_key
from strangler_migrations.draft import Change, Draft, Shown
from strangler_migrations.operations.base import ColumnSpec, ForeignKeyOptions, Name
from strangler_migrations.operations.constraints import Constraint
from strangler_migrations.sql.names import ident, idents, literal, qualified
from strangler_migrations.statement import Lock, Phase, Statement


class CreateTable(Part):
    """Make a table."""

    KIND: ClassVar = "create_table"

    name: Name
    """Its name."""
    columns: tuple[ColumnSpec, ...] = Field(min_length=1)
    """Its columns."""
    comment: str | None = None
    """Its comment."""
    constraints: tuple[Constraint, ...] = ()
    """Constraints over several columns."""


def phases(operation: CreateTable, draft: Draft) -> Change:
    """The table at once, under its name: nobody waits for what nobody uses. Foreign keys apart, one lock each."""
    schema, name = draft.catalog.schema, operation.name
    if name in draft.catalog.tables or name in draft.catalog.views or name in draft.shown:
        raise draft.wrong(
            f"there is a table or view `{name}` already", "drop it in a migration of its own first"
        )
    on, unit = qualified(schema, name), f"create {name}"
    body = ",\n  ".join([*map(_column, operation.columns), *_key(operation), *_constraints(operation)])
    make = Statement(
        f"CREATE TABLE {on} (\n  {body}\n)", targets=(name,), undo=(f"DROP TABLE IF EXISTS {on}",), unit=unit
    )
    statements = (make, *_foreign(operation, draft), *_comments(operation, on, unit))
    shown = Shown(name, {column.name: column.name for column in operation.columns})
    after = replace(
        draft.showing(name, shown), catalog=_with(draft.catalog, operation), made=draft.made | {name}
    )
    return Change({Phase.START: statements}, after)


def _column(spec: ColumnSpec) -> str:
    check = f" CONSTRAINT {ident(spec.check.name)} CHECK ({spec.check.constraint})" if spec.check else ""
    inherit = " NO INHERIT" if spec.check and spec.check.no_inherit else ""
    return definition(spec) + (" UNIQUE" if spec.unique else "") + check + inherit


def _key(operation: CreateTable) -> list[str]:
    key = [column.name for column in operation.columns if column.pk]
    return [f"PRIMARY KEY ({idents(key)})"] if key else []


def _constraints(operation: CreateTable) -> list[str]:
    return [
        f"CONSTRAINT {ident(each.name)} {clause(each)}"
        for each in operation.constraints
        if each.type != "foreign_key"
    ]


def clause(constraint: Constraint) -> str:
    """A constraint that is no foreign key, behind its name."""
    columns, how = idents(constraint.columns), constraint.index_parameters
    later = deferral(deferrable=constraint.deferrable, deferred=constraint.initially_deferred)
    if constraint.type == "check":
        return f"CHECK ({constraint.check})" + (" NO INHERIT" if constraint.no_inherit else "")
    index = f" INCLUDE ({idents(how.include_columns)})" if how.include_columns else ""
    index += f" WITH ({how.storage_parameters})" if how.storage_parameters else ""
    index += f" USING INDEX TABLESPACE {ident(how.tablespace)}" if how.tablespace else ""
    if constraint.exclude is not None:
        where = f" WHERE ({constraint.exclude.predicate})" if constraint.exclude.predicate else ""
        method = ident(constraint.exclude.index_method)
        return f"EXCLUDE USING {method} ({constraint.exclude.elements}){index}{where}{later}"
    if constraint.type == "primary_key":
        return f"PRIMARY KEY ({columns}){index}{later}"
    nulls = " NULLS NOT DISTINCT" if constraint.nulls_not_distinct else ""
    return f"UNIQUE{nulls} ({columns}){index}{later}"


def _foreign(operation: CreateTable, draft: Draft) -> list[Statement]:
    found = [
        _refers(operation, draft, to.name, to.table, ident(column.name), (to.column,), to, ())
        for column in operation.columns
        if (to := column.references) is not None
    ]
    for each in operation.constraints:
        if (there := each.references) is not None:
            only = there.on_delete_set_columns
            own = idents(each.columns)
            found.append(_refers(operation, draft, each.name, there.table, own, there.columns, there, only))
    return found


def _refers(
    operation: CreateTable,
    draft: Draft,
    name: str,
    table: str,
    own: str,
    there: tuple[str, ...],
    options: ForeignKeyOptions,
    only: tuple[str, ...],
) -> Statement:
    schema = draft.catalog.schema
    target = operation.name if table == operation.name else draft.visible(table).table
    if table != operation.name:
        for column in there:
            draft.column(table, column)
        there = tuple(draft.visible(table).columns[column] for column in there)
    key = foreign_key(own, qualified(schema, target), idents(there), options, only)
    return Statement(
        f"ALTER TABLE {qualified(schema, operation.name)} ADD CONSTRAINT {ident(name)} {key}",
        Lock.SHARE_ROW_EXCLUSIVE,
        (operation.name, target),
        unit=f"create {operation.name}",
        why=f"the table is empty: nothing to scan; writers of {target} wait for a moment",
    )


def _comments(operation: CreateTable, on: str, unit: str) -> list[Statement]:
    found = [("TABLE " + on, operation.comment)]
    found += [(f"COLUMN {on}.{ident(column.name)}", column.comment) for column in operation.columns]
    return [
        Statement(f"COMMENT ON {what} IS {literal(text)}", targets=(operation.name,), unit=unit)
        for what, text in found
        if text is not None
    ]


def _with(catalog: Catalog, operation: CreateTable) -> Catalog:
    name = operation.name
    key = tuple(column.name for column in operation.columns if column.pk)
    key = key or next((each.columns for each in operation.constraints if each.type == "primary_key"), ())
    known = {f"{name}_pkey": Known(f"{name}_pkey", "primary", key, "")} if key else {}
    index = {f"{name}_pkey": Index(f"{name}_pkey", "", key, unique=True, constraint=True)} if key else {}
    columns = {column.name: expected(column) for column in operation.columns}
    return catalog.with_table(Table(name, columns, constraints=known, indexes=index, rows=0))
