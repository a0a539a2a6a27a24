"""Facts: what other rooms know and the gate asks about (the phase of a migration, the lag of a replication).

One fact per kind and subject, the latest counts. The core cannot import the rooms that publish them.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from sqlalchemy import Connection, select

from strangler.clocks import ahead
from strangler.ledger import tables
from strangler.ledger.upsert import upsert


class Fact(msgspec.Struct, frozen=True):
    """`kind`: `lag`, `migration`, …; `subject`: its name (of the cutover, of the migration); `phase`: what
    is so.

    A lag's `phase` is the seconds as decimal text. `digest`: of what the fact was drawn from, where that
    matters.
    """

    kind: str
    subject: str
    phase: str
    digest: str
    at_ns: int


def put(connection: Connection, fact: Fact) -> None:
    """Set the fact of its kind and subject; one that is older than the stored is ignored, unless that was dated by a
    clock that was ahead: what is said now goes before it.
    """
    table = tables.facts
    same = (table.c.kind == fact.kind) & (table.c.subject == fact.subject)
    stored = connection.execute(select(table.c.at_ns).where(same)).scalar()
    if stored is None or stored <= fact.at_ns or ahead(stored, fact.at_ns):
        upsert(connection, table, [msgspec.structs.asdict(fact)], replace=("phase", "digest", "at_ns"))


def put_lag(connection: Connection, cutover: str, seconds: Decimal, now_ns: int) -> None:
    """The probed replication lag of a cutover whose state is `synced`."""
    put(connection, Fact("lag", cutover, f"{seconds:f}", "", now_ns))


def facts(connection: Connection, kind: str | None = None) -> list[Fact]:
    """All facts, or those of one kind, by kind and subject."""
    table = tables.facts
    statement = select(table).order_by(table.c.kind, table.c.subject)
    if kind is not None:
        statement = statement.where(table.c.kind == kind)
    return [Fact(**dict(row)) for row in connection.execute(statement).mappings()]
