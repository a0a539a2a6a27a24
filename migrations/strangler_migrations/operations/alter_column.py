"""`alter_column`: a column in two forms, kept in step row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from pydantic import model_validator

from strangler.config.base import Part
from strangler_migrations import binding, second_form
from strangler_migrations.binding import Phases, merged
from strangler_migrations.catalog.model import Column
from strangler_migrations.columns import deferral, foreign_key
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Check, Expression, Name, References, UniqueSpec
from strangler_migrations.second_form import Form
from strangler_migrations.sql.names import NEW, ident, literal, prefixed, qualified
from strangler_migrations.sql.tokens import renamed
from strangler_migrations.statement import Lock, Phase, Statement, changes


class AlterColumn(Part):
    """Change a column: type, default, comment, NULL, constraints."""

    KIND: ClassVar = "alter_column"

    table: Name
    """The table."""
    column: Name
    """The column."""
    type: Expression | None = None
    """Its type in the new version."""
    nullable: bool | None = None
    """Whether it may be NULL in the new version."""
    default: Expression | None = None
    """Its default in the new version; `null`: none."""
    comment: str | None = None
    """Its comment; `null`: none."""
    check: Check | None = None
    """A check constraint to add."""
    references: References | None = None
    """A foreign key to add."""
    unique: UniqueSpec | None = None
    """A unique constraint to add."""
    up: Expression | None = None
    """The new form, from the columns of the old version."""
    down: Expression | None = None
    """The old form, from the columns of the new version."""

    @model_validator(mode="after")
    def _says_something(self) -> AlterColumn:
        if not self.model_fields_set - {"table", "column", "up", "down"}:
            raise ValueError(
                "nothing is to change: name type, nullable, default, comment, check, references or unique"
            )
        return self


def phases(operation: AlterColumn, draft: Draft) -> Change:
    """A second form where values may differ between the versions; default and comment alone need none."""
    column = draft.column(operation.table, operation.column)
    if not operation.model_fields_set & {"type", "nullable", "check", "references", "unique"}:
        return _in_place(operation, draft, column)
    _refuse(operation, draft, column)
    binds = operation.check or operation.references or operation.unique or operation.nullable is False
    change = second_form.given(draft, operation.table, (_form(operation, column),), mends=bool(binds))
    return replace(change, phases=merged(change.phases, *_bound(operation, draft)))


def _refuse(operation: AlterColumn, draft: Draft, column: Column) -> None:
    place = f"`{operation.table}.{operation.column}`"
    if operation.nullable is False and column.nullable and operation.up is None:
        raise draft.wrong(
            f"{place}: NULL needs a value in the new version", "say it with `up`, such as COALESCE(…)"
        )
    if _default_means_another(operation, column):
        raise draft.wrong(
            f"{place} has the default {column.default}, which may mean something else in the new type",
            "say what it is there: `default: …`, or `default: null`",
        )
    if operation.nullable is True and not column.nullable and operation.down is None:
        raise draft.wrong(f"{place}: the old version cannot read NULL", "say its value there with `down`")


def _default_means_another(operation: AlterColumn, column: Column) -> bool:
    """Whether the value in the new form is more than the same value in another type."""
    if column.default is None or operation.type is None or operation.up is None:
        return False
    name, type_ = re.escape(operation.column), re.escape(operation.type)
    same = rf"\"?{name}\"?|CAST\s*\(\s*\"?{name}\"?\s+AS\s+{type_}\s*\)|\(?\"?{name}\"?\)?\s*::\s*{type_}"
    return "default" not in operation.model_fields_set and not re.fullmatch(same, operation.up, re.IGNORECASE)


def _form(operation: AlterColumn, column: Column) -> Form:
    said = operation.model_fields_set
    name = ident(operation.column)
    type_ = operation.type or column.type
    cast_up, cast_down = (
        (f"CAST({name} AS {type_})", f"CAST({name} AS {column.type})") if operation.type else (name, name)
    )
    return Form(
        operation.column,
        type_,
        column.nullable if operation.nullable is None else operation.nullable,
        operation.default if "default" in said else column.default,
        operation.comment if "comment" in said else column.comment,
        operation.up or cast_up,
        operation.down or cast_down,
    )


def _bound(operation: AlterColumn, draft: Draft) -> Iterator[Phases]:
    """Constraints of the new form alone: they never bind what the old version reads."""
    new, table = prefixed(NEW, operation.column), draft.visible(operation.table).table
    if (check := operation.check) is not None:
        condition = renamed(check.constraint, {operation.column: new}, operation.table)
        inherit = " NO INHERIT" if check.no_inherit else ""
        yield binding.checked(draft, table, check.name, f"CHECK ({condition}){inherit}")
    if (to := operation.references) is not None:
        draft.column(to.table, to.column)
        target = draft.visible(to.table)
        there = ident(target.columns[to.column])
        key = foreign_key(ident(new), qualified(draft.catalog.schema, target.table), there, to)
        yield binding.referenced(draft, table, to.name, key, target.table)
    if (unique := operation.unique) is not None:
        rest = binding.btree((new,), nulls_not_distinct=unique.nulls_not_distinct)
        later = deferral(deferrable=unique.deferrable, deferred=unique.initially_deferred)
        yield binding.unique(draft, table, unique.name, rest, later)


def _in_place(operation: AlterColumn, draft: Draft, column: Column) -> Change:
    """Default and comment at `complete`; until then the new version's view has the default."""
    on, name = qualified(draft.catalog.schema, operation.table), ident(operation.column)
    shown, said, steps = draft.visible(operation.table), operation.model_fields_set, list[Statement]()
    if "default" in said:
        what = f"ALTER TABLE {on} ALTER COLUMN {name}"
        back = f"SET DEFAULT {column.default}" if column.default else "DROP DEFAULT"
        to = f"SET DEFAULT {operation.default}" if operation.default else "DROP DEFAULT"
        steps.append(changes(operation.table, f"{what} {to}", f"{what} {back}", unit="contract"))
        defaults = {**shown.defaults, operation.column: operation.default or "NULL"}
        shown = replace(shown, defaults=defaults)
    if "comment" in said:
        what = f"COMMENT ON COLUMN {on}.{name} IS"
        steps.append(
            changes(
                operation.table,
                f"{what} {literal(operation.comment)}",
                f"{what} {literal(column.comment)}",
                lock=Lock.SHARE_UPDATE_EXCLUSIVE,
                unit="contract",
            )
        )
    return Change({Phase.COMPLETE: tuple(steps)}, draft.showing(operation.table, shown))
