"""`drop_table`: the new version does not show it; it goes when the grace time is over."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import Name


class DropTable(Part):
    """Drop a table."""

    KIND: ClassVar = "drop_table"

    name: Name
    """Its name."""
