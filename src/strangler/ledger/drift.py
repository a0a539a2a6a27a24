"""Money by which the candidate is off, all divergences of an epoch together."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from sqlalchemy import Connection, select

from strangler.ledger import tables

_EXACT: Final = Context(prec=100)


def net_drift(connection: Connection, epoch: int) -> tuple[tuple[str, Decimal], ...]:
    """Currency (empty where unknown) and candidate minus legacy, by currency."""
    table, net = tables.divergence_drift, dict[str, Decimal]()
    for currency, amount in connection.execute(
        select(table.c.currency, table.c.amount).where(table.c.epoch == epoch)
    ):
        net[currency] = _EXACT.add(net.get(currency, Decimal(0)), Decimal(amount))
    return tuple(sorted(net.items()))
