"""`set_replica_identity`: what logical replication tells of an old row."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from strangler.config.base import Part
from strangler_migrations.operations.base import Name


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
