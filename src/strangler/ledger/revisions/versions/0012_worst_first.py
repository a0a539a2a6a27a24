"""Divergences are listed worst first without reading all of them."""

from __future__ import annotations

from decimal import Decimal

from alembic import op
from sqlalchemy import Connection, text

from strangler.ledger.drift import rank_of
from strangler.ledger.tables.columns import number

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """What was seen before is counted and ranked as if it had been then."""
    for name in ("times", "drift_rank"):
        op.add_column("divergences", number(name))
    connection = op.get_bind()
    connection.execute(
        text(
            "UPDATE divergences SET times = COALESCE((SELECT SUM(seen.count) FROM divergence_epochs AS seen"
            " WHERE seen.divergence = divergences.id), 0)"
        )
    )
    _rank(connection)
    op.create_index("ix_divergences_merged_into", "divergences", ["merged_into"])
    op.create_index("ix_divergences_drift_rank_times_id", "divergences", ["drift_rank", "times", "id"])


def _rank(connection: Connection) -> None:
    sums: dict[str, dict[str, Decimal]] = {}
    rows = connection.execute(text("SELECT divergence, currency, amount FROM divergence_drift"))
    for divergence, currency, amount in rows:
        net = sums.setdefault(divergence, {})
        net[currency] = net.get(currency, Decimal(0)) + Decimal(amount)
    ranks = [{"id": divergence, "rank": rank_of(net.values())} for divergence, net in sums.items()]
    if ranks:
        connection.execute(text("UPDATE divergences SET drift_rank = :rank WHERE id = :id"), ranks)
