"""`drop_multicolumn_constraint`: each of its columns gets a second form without it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations import second_form
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.operations.drop_constraint import droppable
from strangler_migrations.second_form import as_is


class DropMulticolumnConstraint(Part):
    """Drop a constraint over several columns."""

    KIND: ClassVar = "drop_multicolumn_constraint"

    table: Name
    """The table."""
    name: Name
    """Its name."""
    up: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the new form; default: as it is."""
    down: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the old form, which the constraint still binds."""


def phases(operation: DropMulticolumnConstraint, draft: Draft) -> Change:
    """Each of its columns gets a second form without it; the old forms stay bound."""
    constraint = droppable(draft, operation.table, operation.name)
    names = {column: name for name, column in draft.visible(operation.table).columns.items()}
    columns = [names[column] for column in constraint.columns]
    for name in (*operation.up, *operation.down):
        if name not in columns:
            raise draft.wrong(f"`{operation.name}` does not bind `{name}`", f"it binds {', '.join(columns)}")
    forms = tuple(
        as_is(draft.column(operation.table, name), name, operation.up.get(name), operation.down.get(name))
        for name in columns
    )
    return second_form.given(draft, operation.table, forms, without=operation.name)
