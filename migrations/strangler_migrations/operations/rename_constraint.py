"""`rename_constraint`: renamed last, in a moment."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler.config.problems import did_you_mean
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.statement import Phase, changes


class RenameConstraint(Part):
    """Rename a constraint."""

    KIND: ClassVar = "rename_constraint"

    table: Name
    """The table."""
    from_: Name = Field(alias="from")
    """Its name."""
    to: Name
    """Its name after `complete`."""


def phases(operation: RenameConstraint, draft: Draft) -> Change:
    """At `complete`, in a moment of ACCESS EXCLUSIVE."""
    known = draft.table(operation.table).constraints
    if operation.from_ not in known:
        raise draft.wrong(
            f"`{operation.table}` has no constraint `{operation.from_}`", did_you_mean(operation.from_, known)
        )
    if operation.to in known:
        raise draft.wrong(f"`{operation.table}` has a constraint `{operation.to}` already")
    on = f"ALTER TABLE {qualified(draft.catalog.schema, operation.table)} RENAME CONSTRAINT"
    old, new = ident(operation.from_), ident(operation.to)
    rename = changes(operation.table, f"{on} {old} TO {new}", f"{on} {new} TO {old}", unit="contract")
    return Change({Phase.COMPLETE: (rename,)}, draft)
