"""`set_replica_identity`: what logical replication tells of an old row."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from strangler.config.base import Part
from strangler.config.problems import did_you_mean
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Name
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.statement import Phase, changes


class ReplicaIdentity(Part):
    """What an update or delete tells of the row that was."""

    type: Literal["nothing", "default", "full", "index"]
    """`default`: its primary key."""
    index: Name | None = None
    """The unique index whose columns name a row."""

    @model_validator(mode="after")
    def _index(self) -> ReplicaIdentity:
        if (self.type == "index") != (self.index is not None):
            raise ValueError("`index` names the index with type `index`, and only then")
        return self


class SetReplicaIdentity(Part):
    """Set what logical replication names a row by."""

    KIND: ClassVar = "set_replica_identity"

    table: Name
    """The table."""
    identity: ReplicaIdentity
    """What names a row."""


def phases(operation: SetReplicaIdentity, draft: Draft) -> Change:
    """At `complete`, in a moment of ACCESS EXCLUSIVE; nothing is rewritten."""
    table, wanted = draft.table(operation.table), operation.identity
    if wanted.index is not None and wanted.index not in table.indexes:
        raise draft.wrong(
            f"`{operation.table}` has no index `{wanted.index}`", did_you_mean(wanted.index, table.indexes)
        )
    on = f"ALTER TABLE {qualified(draft.catalog.schema, operation.table)} REPLICA IDENTITY"
    to = f"USING INDEX {ident(wanted.index)}" if wanted.index else wanted.type.upper()
    kind, _, index = table.replica_identity.partition(" ")
    back = f"USING INDEX {ident(index)}" if kind == "index" else kind.upper()
    return Change(
        {Phase.COMPLETE: (changes(operation.table, f"{on} {to}", f"{on} {back}", unit="contract"),)}, draft
    )
