"""Parity: whether two tables or queries hold the same, by their key, under the comparison's rules; with evidence.

left = side("left", "postgresql://…", Relation(table="billing.invoices"))
right = side("right", "postgresql://…", Relation(query="SELECT …"))
evidence = verify(left, right, Options(key=("id",)), redactor, around())
"""

from strangler_migrations.parity.model import (
    Column,
    ColumnDifference,
    Counts,
    Difference,
    Evidence,
    Relation,
    SideSeen,
)
from strangler_migrations.parity.open import around, side, sides
from strangler_migrations.parity.publish import publish
from strangler_migrations.parity.side import Insufficient
from strangler_migrations.parity.verify import Around, Options, Progress, verify

__all__ = [
    "Around",
    "Column",
    "ColumnDifference",
    "Counts",
    "Difference",
    "Evidence",
    "Insufficient",
    "Options",
    "Progress",
    "Relation",
    "SideSeen",
    "around",
    "publish",
    "side",
    "sides",
    "verify",
]
