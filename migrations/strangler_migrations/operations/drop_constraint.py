"""`drop_constraint`: the column gets a second form without it."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler.config.problems import did_you_mean
from strangler_migrations import second_form
from strangler_migrations.catalog.model import Constraint
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.second_form import as_is


class DropConstraint(Part):
    """Drop a constraint of one column."""

    KIND: ClassVar = "drop_constraint"

    table: Name
    """The table."""
    name: Name
    """Its name."""
    up: Expression | None = None
    """The new form; default: as it is."""
    down: Expression | None = None
    """The old form, which the constraint still binds."""


def phases(operation: DropConstraint, draft: Draft) -> Change:
    """The column gets a second form without it; the old form stays bound for those who still read it."""
    constraint = droppable(draft, operation.table, operation.name)
    names = {column: name for name, column in draft.visible(operation.table).columns.items()}
    if len(constraint.columns) != 1:
        raise draft.wrong(
            f"`{operation.name}` binds {len(constraint.columns)} columns", "use drop_multicolumn_constraint"
        )
    name = names[constraint.columns[0]]
    form = as_is(draft.column(operation.table, name), name, operation.up, operation.down)
    return second_form.given(draft, operation.table, (form,), without=operation.name)


def droppable(draft: Draft, table: str, name: str) -> Constraint:
    """The constraint, if the table has it and can do without. Raises UsageError."""
    known = draft.table(table).constraints
    if name not in known:
        raise draft.wrong(f"`{table}` has no constraint `{name}`", did_you_mean(name, known))
    if known[name].kind == "primary":
        raise draft.wrong(f"`{name}` is the primary key", "rows cannot be told apart without one")
    return known[name]
