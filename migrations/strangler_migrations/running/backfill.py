"""Fill the new forms, range by range of the primary key; resumable from the last committed key.

A range and its record are one transaction: after kill -9 nothing is filled twice and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from strangler_migrations.filling import Filling
from strangler_migrations.running import store
from strangler_migrations.running.bloat import analyse
from strangler_migrations.running.lease import Lease
from strangler_migrations.running.locking import Waits, blockers
from strangler_migrations.running.session import Session, path_set, refusals
from strangler_migrations.running.store import Progress
from strangler_migrations.running.throttle import Throttle, drained, mark, while_held_up
from strangler_migrations.statement import Lock, Statement

__all__ = ["Throttle", "Watch", "backfill"]

type Watch = Callable[[str, int, int, float | None], None]
"""Table, rows filled, rows in all (an estimate, -1: unknown), rows per second."""


def backfill(session: Session, lease: Lease, name: str, throttle: Throttle, watch: Watch) -> int:
    """Fill every table of a migration that is not filled; the rows written."""
    written = 0
    for progress in store.fillings(session.connection, name):
        if not progress.done and progress.filling.writes:
            written += _table(session, lease, name, progress, throttle, watch)
            throttle.bloat.filled(session, progress.filling.on)
    return written


def _table(
    session: Session, lease: Lease, name: str, progress: Progress, throttle: Throttle, watch: Watch
) -> int:
    filling, key, pacer, written = progress.filling, progress.last_key, throttle.pacer, 0
    total = _estimate(session, filling)
    store.paced(session.connection, name, progress.number)
    with path_set(session):
        while True:
            while_held_up(session, name, filling.on, throttle)
            began = mark(session)
            key, rows, last = _range(session, lease, name, progress.number, filling, key, pacer.rows)
            ended = mark(session)
            written += rows
            watch(filling.table, progress.rows + written, total, pacer.rate)
            if last:
                return written
            asked, took = pacer.rows, ended.at - began.at
            pacer = pacer.after(asked, took, ended.wal - began.wal, ended.others)
            session.sleep(pacer.pause(asked, took))
            drained(session, pacer, began)
            throttle.bloat.wrote(session, filling.on, rows, total, pacer.rests_for)


def _range(
    session: Session,
    lease: Lease,
    name: str,
    number: int,
    filling: Filling,
    after: tuple[str, ...] | None,
    size: int,
) -> tuple[tuple[str, ...] | None, int, bool]:
    """One range: the key that ended it, the rows written, whether it was the last."""
    waits = Waits(session, f"backfill of {filling.table}")
    before = after or ()
    while True:
        try:
            with refusals(f"backfill of {filling.table}"), session.connection.transaction():
                # A client that holds a row of the range must not hold up those who want the others.
                session.connection.execute(
                    f"SET LOCAL lock_timeout = {session.limits.lock_timeout_ms}".encode()
                )
                lease.extend(session)
                bound = session.connection.execute(
                    filling.bound(first=after is None).encode(), (*before, size - 1)
                ).fetchone()
                sql = filling.update(first=after is None, last=bound is None)
                rows = session.connection.execute(sql.encode(), (*before, *(bound or ()))).rowcount
                store.advance(session.connection, name, number, bound, rows)
            waits.over()
            return bound or after, rows, bound is None
        except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
            strong = Statement("", Lock.ACCESS_EXCLUSIVE, (filling.table,))
            older = session.limits.lock_timeout_ms / 1000
            waits.for_(blockers(session, [strong], older_than_s=older))


def _estimate(session: Session, filling: Filling) -> int:
    """Rows in all; counted first where nobody has, for the planner's sake, too."""
    if (rows := _counted(session, filling)) < 0:
        analyse(session, filling.on)
        rows = _counted(session, filling)
    return rows


def _counted(session: Session, filling: Filling) -> int:
    row = session.connection.execute(
        "SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = %s::regclass", (filling.on,)
    ).fetchone()
    return -1 if row is None else int(row[0])
