"""`drop_multicolumn_constraint`: each of its columns gets a second form without it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression, Name


class DropMulticolumnConstraint(Part):
    """Drop a constraint over several columns."""

    KIND: ClassVar = "drop_multicolumn_constraint"

    table: Name
    """The table."""
    name: Name
    """Its name."""
    up: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the new form; default: as it is."""
    down: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the old form, which the constraint still binds."""
