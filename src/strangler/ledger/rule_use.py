"""How much was compared under which rules, and what each rule let pass."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from strangler.ledger import tables


def compared(connection: Connection, epoch: int) -> dict[str, int]:
    """Route to how many exchanges were compared in an epoch, those that the candidate failed among them."""
    cells = tables.evidence
    rows = connection.execute(
        select(cells.c.route, func.sum(cells.c.n)).where(cells.c.epoch == epoch).group_by(cells.c.route)
    )
    return {route: int(count) for route, count in rows}
