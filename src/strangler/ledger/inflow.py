"""How fast comparisons come that count, by the minutes: in the last hour, or where none came then, in the last day."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, case, func, select

from strangler.evidence import Inflow
from strangler.ledger import tables
from strangler.ledger.tables import MINUTE_NS

_HOUR: Final = 60
_DAY: Final = 1_440


def inflows(connection: Connection, epoch: int, now_ns: int) -> tuple[Inflow, ...]:
    """Per route and stratum of an epoch; those of which nothing came for a day are left out."""
    table, now = tables.minutes, now_ns // MINUTE_NS
    lately = case((table.c.minute > now - _HOUR, table.c.n), else_=0)
    rows = connection.execute(
        select(
            table.c.route, table.c.stratum, func.min(table.c.minute), func.sum(table.c.n), func.sum(lately)
        )
        .where(table.c.minute > now - _DAY, table.c.minute <= now, table.c.epoch == epoch)
        .group_by(table.c.route, table.c.stratum)
        .order_by(table.c.route, table.c.stratum)
    )
    found = (
        _inflow(route, stratum, now - first + 1, int(day), int(hour))
        for route, stratum, first, day, hour in rows
    )
    return tuple(inflow for inflow in found if inflow.n)


def _inflow(route: str, stratum: str, minutes: int, day: int, hour: int) -> Inflow:
    """`minutes`: since the first of the day. Pure."""
    n, most = (hour, _HOUR) if hour else (day, _DAY)
    return Inflow(route, stratum, n, min(minutes, most) * MINUTE_NS)
