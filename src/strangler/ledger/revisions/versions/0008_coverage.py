"""Which kinds of requests production has, and which were compared in an epoch."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import epoch_key, key, number

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """What was seen before is not known by kind; it will be as it comes again."""
    op.create_table("sightings", key("route"), key("kind"), key("value"), number("count"), number("last_ns"))
    op.create_table("covered", epoch_key(), key("route"), key("kind"), key("value"), number("count"))
