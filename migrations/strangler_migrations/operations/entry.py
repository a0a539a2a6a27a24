"""One operation of a file, by the key that names it."""

from __future__ import annotations

from pydantic import model_validator

from strangler.config.base import Part
from strangler_migrations.operations.add_column import AddColumn
from strangler_migrations.operations.alter_column import AlterColumn
from strangler_migrations.operations.change_enum import ChangeEnum
from strangler_migrations.operations.change_money import ChangeMoney
from strangler_migrations.operations.copy_table import CopyTable
from strangler_migrations.operations.create_constraint import CreateConstraint
from strangler_migrations.operations.create_index import CreateIndex
from strangler_migrations.operations.create_table import CreateTable
from strangler_migrations.operations.drop_column import DropColumn
from strangler_migrations.operations.drop_constraint import DropConstraint
from strangler_migrations.operations.drop_index import DropIndex
from strangler_migrations.operations.drop_multicolumn_constraint import DropMulticolumnConstraint
from strangler_migrations.operations.drop_table import DropTable
from strangler_migrations.operations.merge_columns import MergeColumns
from strangler_migrations.operations.move_column import MoveColumn
from strangler_migrations.operations.rename_column import RenameColumn
from strangler_migrations.operations.rename_constraint import RenameConstraint
from strangler_migrations.operations.rename_table import RenameTable
from strangler_migrations.operations.set_replica_identity import SetReplicaIdentity
from strangler_migrations.operations.split_column import SplitColumn
from strangler_migrations.operations.sql import Sql
from strangler_migrations.operations.verify import Verify
from strangler_migrations.operations.widen_key import WidenKey

type Operation = (
    CreateTable
    | DropTable
    | RenameTable
    | AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | ChangeMoney
    | CreateIndex
    | DropIndex
    | CreateConstraint
    | RenameConstraint
    | DropConstraint
    | DropMulticolumnConstraint
    | SetReplicaIdentity
    | SplitColumn
    | MergeColumns
    | MoveColumn
    | WidenKey
    | ChangeEnum
    | Verify
    | CopyTable
    | Sql
)


class Entry(Part):
    """One operation: a mapping with the one key that names it."""

    create_table: CreateTable | None = None
    """Make a table."""
    drop_table: DropTable | None = None
    """Drop a table."""
    rename_table: RenameTable | None = None
    """Rename a table."""
    add_column: AddColumn | None = None
    """Add a column."""
    drop_column: DropColumn | None = None
    """Drop a column."""
    rename_column: RenameColumn | None = None
    """Rename a column."""
    alter_column: AlterColumn | None = None
    """Change a column."""
    change_money: ChangeMoney | None = None
    """Keep amounts in whole minor units."""
    create_index: CreateIndex | None = None
    """Make an index."""
    drop_index: DropIndex | None = None
    """Drop an index."""
    create_constraint: CreateConstraint | None = None
    """Add a constraint over several columns."""
    rename_constraint: RenameConstraint | None = None
    """Rename a constraint."""
    drop_constraint: DropConstraint | None = None
    """Drop a constraint of one column."""
    drop_multicolumn_constraint: DropMulticolumnConstraint | None = None
    """Drop a constraint over several columns."""
    set_replica_identity: SetReplicaIdentity | None = None
    """Set what logical replication names a row by."""
    split_column: SplitColumn | None = None
    """Put several columns in place of one."""
    merge_columns: MergeColumns | None = None
    """Put one column in place of several."""
    move_column: MoveColumn | None = None
    """Move columns to another table."""
    widen_key: WidenKey | None = None
    """Make an integer key bigint."""
    change_enum: ChangeEnum | None = None
    """Change the values of an enum."""
    verify: Verify | None = None
    """Ask the rows before the migration goes on."""
    copy_table: CopyTable | None = None
    """Copy a table."""
    sql: Sql | None = None
    """Run SQL."""

    @model_validator(mode="after")
    def _one(self) -> Entry:
        said = sorted(self.model_fields_set)
        if len(said) != 1:
            what = f"this has {' and '.join(said)}" if said else "this has none"
            raise ValueError(f"an operation has one key, {what}; one `- ` each")
        if getattr(self, said[0]) is None:
            raise ValueError(f"`{said[0]}` has nothing under it")
        return self

    @property
    def operation(self) -> Operation:
        """The operation itself."""
        found: Operation = getattr(self, next(iter(self.model_fields_set)))
        return found
