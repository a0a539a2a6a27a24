"""`add_column`: a column that rows get filled in ranges, never by rewriting the table."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import ColumnSpec, Expression, Name


class AddColumn(Part):
    """Add a column."""

    KIND: ClassVar = "add_column"

    table: Name
    """The table."""
    column: ColumnSpec
    """The column."""
    up: Expression | None = None
    """Its value in rows that the old version writes, and in those that are there."""
