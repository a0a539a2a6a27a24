"""`create_table`: a table of its own; nobody waits for it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.operations.base import ColumnSpec, Name
from strangler_migrations.operations.constraints import Constraint


class CreateTable(Part):
    """Make a table."""

    KIND: ClassVar = "create_table"

    name: Name
    """Its name."""
    columns: tuple[ColumnSpec, ...] = Field(min_length=1)
    """Its columns."""
    comment: str | None = None
    """Its comment."""
    constraints: tuple[Constraint, ...] = ()
    """Constraints over several columns."""
