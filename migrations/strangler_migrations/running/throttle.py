"""What holds a backfill up: a pause by command, replicas, sessions at work, dead rows, and what the server logs.

All bounds are the whole server's, not ours alone: replicas and archives have to take what everybody writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, LiteralString

from strangler_migrations.running import pausing
from strangler_migrations.running.bloat import Bloat
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.lag import Lag
from strangler_migrations.running.session import Session

_PAUSED_S: Final = 1.0
_OTHERS: Final = (
    "SELECT count(*)::int FROM pg_catalog.pg_stat_activity WHERE state = 'active'"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_MARK: Final = (
    f"SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::bigint, ({_OTHERS})"
)


@dataclass(frozen=True, slots=True)
class Throttle:
    """The bounds; None: no bound. Nothing is filled while more than `max_active` sessions are at work. `pacer` has
    those of a range: its time, rows and bytes of WAL a second; `lag` those of replicas, `bloat` those of dead rows.
    """

    pacer: Pacer = field(default_factory=Pacer)
    lag: Lag = field(default_factory=Lag)
    max_active: int | None = None
    bloat: Bloat = field(default_factory=Bloat)


def while_held_up(session: Session, name: str, on: str, throttle: Throttle) -> None:
    """Wait until nothing holds up the filling of table `on` any more; each reason is told once."""
    told = ""
    while reason := next(_reasons(session, name, on, throttle), ""):
        if reason != told:
            session.tell(f"paused: {reason}")
            told = reason
        session.sleep(_PAUSED_S)
    if told:
        session.tell("going on")


def _reasons(session: Session, name: str, on: str, throttle: Throttle) -> Iterator[str]:
    """Why nothing may be filled now."""
    if pause := pausing.of(session.connection, name):
        yield str(pause)
    if behind := throttle.lag.reason(session):
        yield behind
    if throttle.max_active is not None:
        active = _number(session, _OTHERS)
        if active > throttle.max_active:
            yield f"more than {throttle.max_active} sessions are at work"
    yield from throttle.bloat.reasons(session, on)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: the clock's seconds, the bytes of WAL that the server has written since it was made, and the other
    sessions at work.
    """

    at: float
    wal: int
    others: int


def mark(session: Session) -> Mark:
    """Now."""
    row = session.connection.execute(_MARK).fetchone()
    wal, others = row or (0, 0)
    return Mark(session.monotonic(), wal, others)


def drained(session: Session, pacer: Pacer, since: Mark) -> None:
    """Wait until the server has written, since then, no more WAL than the bound allows for the time."""
    said = False
    while (due := pacer.owed(_written(session, since), session.monotonic() - since.at)) > 0:
        if due > _PAUSED_S and not said:
            session.tell(f"slowed: the server writes more than {pacer.max_wal:,} bytes of WAL a second")
            said = True
        session.sleep(min(due, _PAUSED_S))


def _written(session: Session, since: Mark) -> int:
    return mark(session).wal - since.wal


def _number(session: Session, query: LiteralString) -> int:
    row = session.connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
