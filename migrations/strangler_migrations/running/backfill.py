"""Fill the new forms, range by range of the primary key; resumable from the last committed key.

A range and its record are one transaction: after kill -9 nothing is filled twice and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, LiteralString

import psycopg

from strangler_migrations.filling import Filling
from strangler_migrations.running import store
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.lease import Lease
from strangler_migrations.running.locking import Waits, blockers
from strangler_migrations.running.session import Session, path_set, refusals
from strangler_migrations.running.store import Progress
from strangler_migrations.statement import Lock, Statement

_PAUSED_S: Final = 1.0

type Watch = Callable[[str, int, int, float | None], None]
"""Table, rows filled, rows in all (an estimate, -1: unknown), rows per second."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """`pause_file`: while it is there, nothing is filled; nor while a replica is further behind than `max_lag_s`, or
    more than `max_active` sessions are at work.
    """

    pacer: Pacer = field(default_factory=Pacer)
    pause_file: Path | None = None
    max_lag_s: int | None = None
    max_active: int | None = None


def backfill(session: Session, lease: Lease, name: str, throttle: Throttle, watch: Watch) -> int:
    """Fill every table of a migration that is not filled; the rows written."""
    written = 0
    for progress in store.fillings(session.connection, name):
        if not progress.done and progress.filling.sets:
            written += _table(session, lease, name, progress, throttle, watch)
            # The planner knows the new column's values before anything is built or validated over them.
            with refusals(f"ANALYZE {progress.filling.on}"):
                session.connection.execute(f"ANALYZE {progress.filling.on}".encode())
    return written


def _table(
    session: Session, lease: Lease, name: str, progress: Progress, throttle: Throttle, watch: Watch
) -> int:
    filling, key, pacer, written = progress.filling, progress.last_key, throttle.pacer, 0
    total = _estimate(session, filling)
    with path_set(session):
        while True:
            _while_held_up(session, throttle)
            began = session.monotonic()
            key, rows, last = _range(session, lease, name, progress.number, filling, key, pacer.rows)
            took = session.monotonic() - began
            written += rows
            watch(filling.table, progress.rows + written, total, pacer.rate)
            if last:
                return written
            asked = pacer.rows
            pacer = pacer.after(asked, took)
            session.sleep(pacer.pause(asked, took))


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
            return bound or after, rows, bound is None
        except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
            strong = Statement("", Lock.ACCESS_EXCLUSIVE, (filling.table,))
            older = session.limits.lock_timeout_ms / 1000
            waits.for_(blockers(session, [strong], older_than_s=older))


def _while_held_up(session: Session, throttle: Throttle) -> None:
    told = ""
    while reason := _held_up(session, throttle):
        if reason != told:
            session.tell(f"paused: {reason}")
            told = reason
        session.sleep(_PAUSED_S)


def _held_up(session: Session, throttle: Throttle) -> str:
    """Why nothing may be filled now; empty: it may."""
    if throttle.pause_file is not None and throttle.pause_file.exists():
        return f"{throttle.pause_file} is there"
    if throttle.max_lag_s is not None:
        # A replica that is caught up and idle reports NULL; one that is away holds nobody up.
        lag = _number(
            session, "SELECT extract(epoch FROM max(replay_lag))::int FROM pg_catalog.pg_stat_replication"
        )
        if lag > throttle.max_lag_s:
            return f"a replica is more than {throttle.max_lag_s} s behind"
    if throttle.max_active is not None:
        active = _number(
            session,
            "SELECT count(*)::int FROM pg_catalog.pg_stat_activity WHERE state = 'active'"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        if active > throttle.max_active:
            return f"more than {throttle.max_active} sessions are at work"
    return ""


def _number(session: Session, query: LiteralString) -> int:
    row = session.connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


def _estimate(session: Session, filling: Filling) -> int:
    row = session.connection.execute(
        "SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = %s::regclass", (filling.on,)
    ).fetchone()
    return -1 if row is None else int(row[0])
