"""`drop_column`: the new version does not show it; it is fed by `down` until the grace time is over."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression, Name


class DropColumn(Part):
    """Drop a column."""

    KIND: ClassVar = "drop_column"

    table: Name
    """The table."""
    column: Name
    """The column."""
    down: Expression | None = None
    """Its value in rows that the new version writes."""
