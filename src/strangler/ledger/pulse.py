"""Whether anything was written: a few rows to look at, whatever the ledger holds."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from strangler.ledger import tables


def pulse(connection: Connection) -> str:
    """Another text after a worker's batch, a transition, an audit entry or a new routing table; heartbeats, and what
    probes say again and again, leave it as it is.
    """
    workers, audit, stored = tables.workers, tables.audit, tables.tables
    asked = (
        select(func.sum(workers.c.flush)),
        select(func.max(audit.c.seq)),
        select(func.max(stored.c.generation)),
    )
    return "-".join(str(int(connection.execute(each).scalar() or 0)) for each in asked)
