"""`drop_index`: gone CONCURRENTLY, when the grace time is over."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.sql.names import qualified
from strangler_migrations.statement import Lock, Phase, Statement


class DropIndex(Part):
    """Drop an index."""

    KIND: ClassVar = "drop_index"

    name: Name
    """Its name."""


def phases(operation: DropIndex, draft: Draft) -> Change:
    """Late, so that a rollback after `complete` builds nothing; CONCURRENTLY, or it would take ACCESS EXCLUSIVE."""
    table = draft.catalog.relation_of_index(operation.name)
    if table is None:
        raise draft.wrong(f"there is no index `{operation.name}`")
    if table.indexes[operation.name].constraint:
        raise draft.wrong(f"`{operation.name}` stands below a constraint", "use drop_constraint")
    drop = Statement(
        f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(draft.catalog.schema, operation.name)}",
        Lock.SHARE_UPDATE_EXCLUSIVE,
        (draft.final(table.name),),
        None,
        transactional=False,
        why="CONCURRENTLY: readers and writers go on",
    )
    return Change({Phase.DROP: (drop,)}, draft)
