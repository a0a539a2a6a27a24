"""How far each webhook was told: a cursor into the audit, which is the outbox."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from strangler.ledger import audit, tables
from strangler.ledger.audit import Entry
from strangler.ledger.upsert import upsert


class Told(msgspec.Struct, frozen=True):
    """`seq`: of the last entry that is done with. `problem`: why the latest attempt failed, empty when it did not;
    `at_ns`: when that was.
    """

    target: str
    seq: int
    sent: int = 0
    given_up: int = 0
    problem: str = ""
    at_ns: int = 0


def told(connection: Connection, target: str) -> Told | None:
    """How far a webhook was told; None for one that is new."""
    table = tables.notifications
    row = connection.execute(select(table).where(table.c.target == target)).mappings().first()
    return None if row is None else Told(**dict(row))


def keep(connection: Connection, state: Told) -> None:
    """Write it. A cursor never goes back: two controls at once send twice rather than never."""
    upsert(
        connection,
        tables.notifications,
        [msgspec.structs.asdict(state)],
        latest=("seq", "sent", "given_up"),
        replace=("problem", "at_ns"),
    )


def first(connection: Connection, target: str, now_ns: int) -> Told:
    """A new webhook: it is told from here on, not of what went before. Needs a write transaction."""
    last = audit.head(connection)
    state = Told(target, last.seq if last else 0, at_ns=now_ns)
    keep(connection, state)
    return told(connection, target) or state


def after(connection: Connection, seq: int, limit: int) -> Sequence[Entry]:
    """The entries behind a cursor, oldest first."""
    table = tables.audit
    statement = select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(limit)
    return [
        Entry(row["seq"], row["prev"], row["hash"], msgspec.json.decode(row["body"]))
        for row in connection.execute(statement).mappings()
    ]


def behind(connection: Connection, state: Told) -> int:
    """How many entries a cursor is behind the end of the audit, whether its webhook wants them or not."""
    last = connection.execute(select(func.max(tables.audit.c.seq))).scalar() or 0
    return max(0, int(last) - state.seq)
