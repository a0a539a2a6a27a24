"""Cycles that were replayed whole."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import epoch_key, key, number

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """There was none before."""
    counts = ("first_ns", "end_ns", "n", "k", "total", "missed", "watched", "at_ns")
    keys = (key(name) for name in ("route", "stratum", "cycle"))
    op.create_table("census", epoch_key(), *keys, *map(number, counts))
