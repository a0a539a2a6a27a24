"""Filtered lists are read from an index too: a row is looked at only where it is shown. And what something was learned
about is found without a look at the rest.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"

WORST = ("drift_rank", "times", "id", "severity", "state", "cause", "route", "merged_into")


def upgrade() -> None:
    """One index in the place of a narrower one, and one of few rows."""
    op.drop_index("ix_divergences_drift_rank_times_id", "divergences")
    op.create_index("ix_divergences_worst", "divergences", list(WORST))
    claimed = text("claims > ''")
    op.create_index(
        "ix_divergences_claimed",
        "divergences",
        ["merged_into", "state", "severity"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )
