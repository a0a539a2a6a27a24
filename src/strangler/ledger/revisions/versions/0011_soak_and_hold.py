"""How long a step was watched, and until when a cutover is held."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import number

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns."""
    for name in ("soaked_ns", "looked_ns", "held_from_ns", "held_until_ns"):
        op.add_column("cutovers", number(name))
