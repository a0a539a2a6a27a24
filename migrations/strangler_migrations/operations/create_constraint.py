"""`create_constraint`: a constraint over several columns, each of which gets a second form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler_migrations import binding, second_form
from strangler_migrations.binding import Phases, merged
from strangler_migrations.columns import deferral, foreign_key
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.operations.constraints import Constraint
from strangler_migrations.second_form import as_is
from strangler_migrations.sql.names import NEW, ident, idents, prefixed, qualified
from strangler_migrations.sql.tokens import renamed
from strangler_migrations.statement import Phase, changes


class CreateConstraint(Constraint):
    """Add a constraint over several columns."""

    KIND: ClassVar = "create_constraint"

    table: Name
    """The table."""
    up: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the new form, from the columns of the old version."""
    down: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the old form, from the columns of the new version."""


def phases(operation: CreateConstraint, draft: Draft) -> Change:
    """Each column gets a second form, which alone the constraint binds: the old version never trips over it."""
    _refuse(operation, draft)
    if operation.type == "primary_key":
        return _key(operation, draft)
    forms = tuple(
        as_is(draft.column(operation.table, name), name, operation.up.get(name), operation.down.get(name))
        for name in operation.columns
    )
    change = second_form.given(draft, operation.table, forms, mends=True)
    return replace(change, phases=merged(change.phases, *_bound(operation, draft)))


def _refuse(operation: CreateConstraint, draft: Draft) -> None:
    for name in (*operation.columns, *operation.up, *operation.down):
        draft.column(operation.table, name)
    if operation.name in draft.table(operation.table).constraints:
        raise draft.wrong(f"`{operation.table}` has a constraint `{operation.name}` already")
    if operation.type == "exclude":
        raise draft.wrong(
            "an exclusion is built under ACCESS EXCLUSIVE: PostgreSQL has no other way",
            "make it with the table (create_table), or take the downtime with `sql`",
        )
    if not operation.columns:
        raise draft.wrong("the constraint names no columns", "`columns` are those that get a second form")


def _bound(operation: CreateConstraint, draft: Draft) -> Iterator[Phases]:
    shown = draft.visible(operation.table)
    news = {name: prefixed(NEW, name) for name in operation.columns}
    own = tuple(news[name] for name in operation.columns)
    if operation.check is not None and operation.type == "check":
        condition = renamed(operation.check, {**shown.columns, **news}, operation.table)
        inherit = " NO INHERIT" if operation.no_inherit else ""
        yield binding.checked(draft, shown.table, operation.name, f"CHECK ({condition}){inherit}")
    elif (to := operation.references) is not None:
        target = draft.visible(to.table)
        there = idents(draft.column(to.table, name).name for name in to.columns)
        on = qualified(draft.catalog.schema, target.table)
        key = foreign_key(idents(own), on, there, to, to.on_delete_set_columns)
        yield binding.referenced(draft, shown.table, operation.name, key, target.table)
    else:
        rest = binding.btree(own, nulls_not_distinct=operation.nulls_not_distinct)
        later = deferral(deferrable=operation.deferrable, deferred=operation.initially_deferred)
        yield binding.unique(draft, shown.table, operation.name, rest, later)


def _key(operation: CreateConstraint, draft: Draft) -> Change:
    """A primary key for a table without one: columns that are NOT NULL, an index built first."""
    shown, table = draft.visible(operation.table), draft.table(operation.table)
    if table.key:
        raise draft.wrong(f"`{operation.table}` has a primary key already")
    for name in operation.columns:
        if draft.column(operation.table, name).nullable:
            raise draft.wrong(
                f"`{operation.table}.{name}` may be NULL: a primary key would scan the table under ACCESS EXCLUSIVE",
                "make it NOT NULL first: `sql` with ADD CHECK … NOT VALID, VALIDATE, SET NOT NULL",
            )
    columns = tuple(shown.columns[name] for name in operation.columns)
    build = binding.indexed(draft, shown.table, operation.name, binding.btree(columns), unique=True)
    on, name = qualified(draft.catalog.schema, shown.table), ident(operation.name)
    adopt = changes(
        shown.table,
        f"ALTER TABLE {on} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}",
        f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {name}",
        why="the index is there: nothing is built under the lock",
    )
    return Change({Phase.VERIFY: (build, adopt)}, draft)
