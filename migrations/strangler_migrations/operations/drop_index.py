"""`drop_index`: gone CONCURRENTLY, when the grace time is over."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import Name


class DropIndex(Part):
    """Drop an index."""

    KIND: ClassVar = "drop_index"

    name: Name
    """Its name."""
