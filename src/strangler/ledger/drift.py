"""What the candidate's amounts come to beside legacy's: net, and as an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from strangler.ledger import at_once, tables

_EXACT: Final = Context(prec=100)
_PLACES: Final = 4
_AMOUNTS: Final = msgspec.json.Decoder(list[tuple[str, str]])
_MOST: Final = 2**62
_DIGITS: Final = 14
"""Before the point; what has more is over `_MOST` ten-thousandths."""


def net_drift(connection: Connection, epoch: int) -> tuple[tuple[str, Decimal], ...]:
    """Currency (empty where unknown) and candidate minus legacy, by currency."""
    table, net = tables.divergence_drift, dict[str, Decimal]()
    told = select(at_once.rows(connection, table.c.currency, table.c.amount)).where(table.c.epoch == epoch)
    amounts = _AMOUNTS.decode(connection.execute(told).scalar() or "[]")
    # What differs by a cent differs by it thousands of times: each amount is read once.
    for (currency, amount), times in Counter(amounts).items():
        net[currency] = _EXACT.fma(Decimal(amount), Decimal(times), net.get(currency, Decimal(0)))
    return tuple(sorted(net.items()))


def rank_of(amounts: Iterable[Decimal]) -> int:
    """The largest of a divergence's drifts, whatever its currency, in ten-thousandths, at most 2^62: an order to list
    by, and no amount. Anything but nothing is at least 1.
    """
    return max((_rank(amount) for amount in amounts), default=0)


def _rank(amount: Decimal) -> int:
    if not amount:
        return 0
    if amount.adjusted() > _DIGITS:
        return _MOST
    return min(_MOST, max(1, int(amount.copy_abs().scaleb(_PLACES, _EXACT))))
