"""`rename_column`: the new version shows it under another name; the column itself is renamed last."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations.operations.base import Name


class RenameColumn(Part):
    """Rename a column."""

    KIND: ClassVar = "rename_column"

    table: Name
    """The table."""
    from_: Name = Field(alias="from")
    """Its name."""
    to: Name
    """Its name in the new version."""
