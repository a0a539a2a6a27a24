"""`drop_constraint`: the column gets a second form without it."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression, Name


class DropConstraint(Part):
    """Drop a constraint of one column."""

    KIND: ClassVar = "drop_constraint"

    table: Name
    """The table."""
    name: Name
    """Its name."""
    up: Expression | None = None
    """The new form; default: as it is."""
    down: Expression | None = None
    """The old form, which the constraint still binds."""
