"""`split_column`: several columns in place of one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations import recast
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, FilledColumn, Name


class SplitColumn(Part):
    """Put several columns in place of one."""

    KIND: ClassVar = "split_column"

    table: Name
    """The table."""
    column: Name
    """The column that is split."""
    into: tuple[FilledColumn, ...] = Field(min_length=2)
    """The columns in its place."""
    down: Expression
    """The old column, from those of the new version."""


def phases(operation: SplitColumn, draft: Draft) -> Change:
    """The parts beside the whole, both kept in step, until the whole is dropped."""
    return recast.given(draft, operation.table, {operation.column: operation.down}, operation.into)
