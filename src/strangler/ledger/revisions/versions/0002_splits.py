"""How a canary's customers were split."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import blob, key, number, number_key, real

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "splits",
        key("cutover"),
        number_key("generation"),
        number("weight"),
        blob("seen"),
        blob("candidate"),
        blob("wrong"),
        real("log_e"),
    )
    op.create_table(
        "split_requests",
        key("cutover"),
        number_key("generation"),
        key("route"),
        number("named"),
        number("nameless"),
    )
