"""`sql`: statements of your own; what they lock is yours to know."""

from __future__ import annotations

from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression


class Sql(Part):
    """Run SQL."""

    KIND: ClassVar = "sql"

    up: Expression
    """What to run."""
    down: Expression | None = None
    """What undoes it."""
    onComplete: bool = False  # noqa: N815  the format's own spelling
    """Run it at `complete`, not at `start`."""
