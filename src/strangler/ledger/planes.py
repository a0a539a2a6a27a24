"""What carries traffic and what judges it, as far as they said: generation, heartbeat, who served."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

from strangler.clocks import ahead
from strangler.ledger import tables
from strangler.ledger.counts import stored_counts
from strangler.ledger.tables import MINUTE_NS


class Plane(msgspec.Struct, frozen=True):
    """A plane process. `refused`: malformed or ambiguous messages it answered with 400 or 502."""

    plane: str
    boot: str
    pid: int
    generation: int
    heartbeat_ns: int
    ended: bool
    refused: int


class Served(msgspec.Struct, frozen=True):
    """Requests of a route, by who answered; `fallback`: legacy in the candidate's place."""

    route: str
    legacy: int
    candidate: int
    fallback: int

    @property
    def weight(self) -> int | None:
        """The actual weight in basis points: what was the candidate's to serve; None without requests."""
        total = self.legacy + self.candidate + self.fallback
        return None if total == 0 else ((self.candidate + self.fallback) * 10_000 + total // 2) // total


def planes(connection: Connection) -> list[Plane]:
    """All plane processes, the latest heartbeat first."""
    table = tables.streams
    rows = connection.execute(select(table).order_by(table.c.heartbeat_ns.desc())).mappings()
    return [
        Plane(
            row["plane"],
            row["boot"],
            row["pid"],
            row["generation"],
            row["heartbeat_ns"],
            row["ended"],
            sum(stored_counts(row["counts"]).refused.values()),
        )
        for row in rows
    ]


def served(connection: Connection, since_ns: int = 0) -> list[Served]:
    """Per route, since then (by the minute)."""
    table = tables.served
    sums = [func.sum(table.c[name]).label(name) for name in ("legacy", "candidate", "fallback")]
    statement = (
        select(table.c.route, *sums)
        .where(table.c.minute >= since_ns // MINUTE_NS)
        .group_by(table.c.route)
        .order_by(table.c.route)
    )
    return [
        Served(row["route"], int(row["legacy"]), int(row["candidate"]), int(row["fallback"]))
        for row in connection.execute(statement).mappings()
    ]


def worker_heartbeat(connection: Connection, now_ns: int) -> int | None:
    """When a worker last flushed, Unix nanoseconds; None when none ever did. One that is dated ahead of now counts only
    where there is no other: a clock was wrong then, and nothing says whether that worker still lives.
    """
    known = [row.heartbeat_ns for row in connection.execute(select(tables.workers.c.heartbeat_ns))]
    return max((at_ns for at_ns in known if not ahead(at_ns, now_ns)), default=max(known, default=None))
