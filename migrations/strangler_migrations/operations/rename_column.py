"""`rename_column`: the new version shows it under another name; the column itself is renamed last."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.statement import Phase, changes


class RenameColumn(Part):
    """Rename a column."""

    KIND: ClassVar = "rename_column"

    table: Name
    """The table."""
    from_: Name = Field(alias="from")
    """Its name."""
    to: Name
    """Its name in the new version."""


def phases(operation: RenameColumn, draft: Draft) -> Change:
    """Shown under its other name from `start` on; renamed at `complete`: a moment of ACCESS EXCLUSIVE."""
    draft.column(operation.table, operation.from_)
    shown = draft.visible(operation.table)
    if operation.to in shown.columns or operation.to in draft.catalog.tables[shown.table].columns:
        raise draft.wrong(f"`{operation.table}` has a column `{operation.to}` already")
    on = f"ALTER TABLE {qualified(draft.catalog.schema, operation.table)} RENAME COLUMN"
    old, new = ident(operation.from_), ident(operation.to)
    rename = changes(
        operation.table,
        f"{on} {old} TO {new}",
        f"{on} {new} TO {old}",
        unit="contract",
        why="late, because it breaks whoever uses the table itself; views follow it",
    )
    names = {operation.from_: operation.to}
    columns = {names.get(name, name): column for name, column in shown.columns.items()}
    defaults = {names.get(name, name): value for name, value in shown.defaults.items()}
    after = draft.showing(operation.table, replace(shown, columns=columns, defaults=defaults))
    return Change({Phase.COMPLETE: (rename,)}, after)
