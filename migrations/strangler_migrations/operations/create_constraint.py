"""`create_constraint`: a constraint over several columns, each of which gets a second form."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.operations.constraints import Constraint


class CreateConstraint(Constraint):
    """Add a constraint over several columns."""

    KIND: ClassVar = "create_constraint"

    table: Name
    """The table."""
    up: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the new form, from the columns of the old version."""
    down: dict[Name, Expression] = Field(default_factory=dict[str, str])
    """Per column the old form, from the columns of the new version."""
