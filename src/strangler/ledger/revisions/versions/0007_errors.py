"""How often either side answered with an error, where both answered."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import number

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """What was compared before says nothing of it: its answers are not among `answers` either."""
    for name in ("answers", "legacy_errors", "candidate_errors"):
        op.add_column("evidence", number(name))
