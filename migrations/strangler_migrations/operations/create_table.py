"""`create_table`: a table of its own; nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    after = replace(draft.showing(name, shown), catalog=_with(draft, operation), made=draft.made | {name})
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


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key: its columns, the table and the columns it points at, as the file calls them."""

    name: str
    columns: tuple[str, ...]
    table: str
    there: tuple[str, ...]
    options: ForeignKeyOptions
    only: tuple[str, ...] = ()

    def key(self, operation: CreateTable, draft: Draft) -> tuple[str, str]:
        """The table as it is called in the database, and the constraint behind its name."""
        target, there = operation.name, self.there
        if self.table != operation.name:
            target = draft.visible(self.table).table
            there = tuple(draft.column(self.table, column).name for column in self.there)
        on = qualified(draft.catalog.schema, target)
        return target, foreign_key(idents(self.columns), on, idents(there), self.options, self.only)


def _references(operation: CreateTable) -> Iterator[_Reference]:
    for column in operation.columns:
        if (to := column.references) is not None:
            yield _Reference(to.name, (column.name,), to.table, (to.column,), to)
    for each in operation.constraints:
        if (there := each.references) is not None:
            only = there.on_delete_set_columns
            yield _Reference(each.name, each.columns, there.table, there.columns, there, only)


def _foreign(operation: CreateTable, draft: Draft) -> Iterator[Statement]:
    on = qualified(draft.catalog.schema, operation.name)
    for each in _references(operation):
        target, key = each.key(operation, draft)
        yield Statement(
            f"ALTER TABLE {on} ADD CONSTRAINT {ident(each.name)} {key}",
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


def _with(draft: Draft, operation: CreateTable) -> Catalog:
    known = {each.name: each for each in _known(operation, draft)}
    index = {
        each.name: Index(each.name, "", each.columns, unique=True, constraint=True)
        for each in known.values()
        if each.kind == "primary"
    }
    columns = {column.name: expected(column) for column in operation.columns}
    return draft.catalog.with_table(Table(operation.name, columns, constraints=known, indexes=index, rows=0))


def _known(operation: CreateTable, draft: Draft) -> Iterator[Known]:
    """The keys, as the catalogue will have them."""
    name = operation.name
    key = tuple(column.name for column in operation.columns if column.pk)
    key = key or next((each.columns for each in operation.constraints if each.type == "primary_key"), ())
    if key:
        yield Known(f"{name}_pkey", "primary", key, "")
    for column in operation.columns:
        if column.unique:
            yield Known(f"{name}_{column.name}_key", "unique", (column.name,), "")
    for each in operation.constraints:
        if each.type == "unique":
            yield Known(each.name, "unique", each.columns, clause(each))
    for reference in _references(operation):
        target, text = reference.key(operation, draft)
        yield Known(reference.name, "foreign", reference.columns, text, references=target)
