"""A question that was asked before counts once: how many were, and the filter that knows them."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import blob, epoch_key, number, number_key

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """What was counted before stays counted; from now on it is told apart."""
    op.add_column("evidence", number("duplicates"))
    op.add_column("evidence", number("repeats"))
    op.add_column("minutes", number("duplicates"))
    op.create_table("repeats", epoch_key(), number_key("block"), blob("bits"))
