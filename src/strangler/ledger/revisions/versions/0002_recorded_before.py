"""How much had been recorded when an epoch began: the gate need not add up the minutes since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and work it out for epochs that are there: all that is recorded less the minutes since."""
    op.add_column("epochs", sa.Column("recorded_before", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        """
        UPDATE epochs SET recorded_before =
            (SELECT coalesce(sum(recorded), 0) FROM streams)
            - (SELECT coalesce(sum(n + unsettled + others), 0) FROM minutes
               WHERE minute >= epochs.created_ns / 60000000000)
        """
    )
