"""`rename_table`: the new version shows it under another name; the table itself is renamed last."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.statement import Phase, changes


class RenameTable(Part):
    """Rename a table."""

    KIND: ClassVar = "rename_table"

    from_: Name = Field(alias="from")
    """Its name."""
    to: Name
    """Its name in the new version."""


def phases(operation: RenameTable, draft: Draft) -> Change:
    """Shown under its other name from `start` on; renamed at `complete`: a moment of ACCESS EXCLUSIVE."""
    shown, schema = draft.visible(operation.from_), draft.catalog.schema
    if operation.to in draft.shown or operation.to in draft.catalog.tables:
        raise draft.wrong(f"there is a table `{operation.to}` already")
    rename = changes(
        operation.from_,
        f"ALTER TABLE {qualified(schema, operation.from_)} RENAME TO {ident(operation.to)}",
        f"ALTER TABLE {qualified(schema, operation.to)} RENAME TO {ident(operation.from_)}",
        unit="contract",
        why="late, because it breaks whoever uses the table itself; views follow it",
    )
    tables = {operation.to if name == operation.from_ else name: each for name, each in draft.shown.items()}
    finals = {**draft.finals, shown.table: draft.finals.get(shown.table, operation.to)}
    return Change({Phase.COMPLETE: (rename,)}, replace(draft, shown=tables, finals=finals))
