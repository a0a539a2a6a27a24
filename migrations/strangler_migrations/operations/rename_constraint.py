"""`rename_constraint`: renamed last, in a moment."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.operations.base import Name


class RenameConstraint(Part):
    """Rename a constraint."""

    KIND: ClassVar = "rename_constraint"

    table: Name
    """The table."""
    from_: Name = Field(alias="from")
    """Its name."""
    to: Name
    """Its name after `complete`."""
