"""`drop_table`: the new version does not show it; it goes when the grace time is over."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.catalog.model import Constraint, Table
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.refusals import readers
from strangler_migrations.sql.names import OLD, ident, prefixed, qualified
from strangler_migrations.statement import Lock, Phase, Statement, changes


class DropTable(Part):
    """Drop a table."""

    KIND: ClassVar = "drop_table"

    name: Name
    """Its name."""


def phases(operation: DropTable, draft: Draft) -> Change:
    """Not shown from `start` on; under another name from `complete` on; dropped at the end."""
    name, table = operation.name, draft.table(operation.name)
    schema, kept = draft.catalog.schema, prefixed(OLD, operation.name)
    _refuse(draft, name, table)
    # What the table still points at would bind those who write the other tables after `complete`.
    loose = [
        _loose(schema, name, each)
        for each in table.constraints.values()
        if each.references not in {None, name}
    ]
    rename = changes(
        name,
        f"ALTER TABLE {qualified(schema, name)} RENAME TO {ident(kept)}",
        f"ALTER TABLE {qualified(schema, kept)} RENAME TO {ident(name)}",
        unit="contract",
        why="kept for the grace time: a rollback brings it back with its rows",
    )
    drop = changes(kept, f"DROP TABLE IF EXISTS {qualified(schema, kept)}", None, unit=f"drop {kept}")
    steps = {Phase.COMPLETE: (*loose, rename), Phase.DROP: (drop,)}
    return Change(steps, draft.hiding(name))


def _refuse(draft: Draft, name: str, table: Table) -> None:
    for other, constraint in draft.catalog.referencing(table.name):
        if other != table.name:
            raise draft.wrong(
                f"`{name}` cannot go: the foreign key {constraint.name} of {other} points at it",
                "drop that constraint in a migration before",
            )
    for view in readers(draft, table.name):
        raise draft.wrong(f"`{name}` cannot go: the view {view} reads it", "drop the view first")


def _loose(schema: str, name: str, constraint: Constraint) -> Statement:
    on = f"ALTER TABLE {qualified(schema, name)}"
    key = constraint.definition.removesuffix(" NOT VALID")
    back = [f"{on} ADD CONSTRAINT {ident(constraint.name)} {key} NOT VALID"]
    back += [f"{on} VALIDATE CONSTRAINT {ident(constraint.name)}"] if constraint.validated else []
    return Statement(
        f"{on} DROP CONSTRAINT {ident(constraint.name)}",
        Lock.ACCESS_EXCLUSIVE,
        (name, constraint.references or name),
        tuple(back),
        "contract",
        why="ACCESS EXCLUSIVE on both tables for a moment",
    )
