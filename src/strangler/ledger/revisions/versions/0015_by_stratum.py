"""What was seen in a stratum is found from the stratum."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

NAMES = ("stratum", "epoch", "divergence")


def upgrade() -> None:
    """One index."""
    op.create_index(f"ix_divergence_minutes_{'_'.join(NAMES)}", "divergence_minutes", list(NAMES))
