"""Writes of the API that were begun under a key, and what was answered."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import key, number, text

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "answered_writes",
        key("caller"),
        key("key"),
        text("digest"),
        number("begun_ns"),
        number("status"),
        text("body", ""),
    )
