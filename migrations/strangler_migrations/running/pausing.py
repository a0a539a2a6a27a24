"""A pause by command: a row in the migrated database, so that it holds wherever the backfill runs, and is in the
history with who asked for it and why. A file would hold on one machine only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strangler.errors import Refused
from strangler_migrations.running import store
from strangler_migrations.running.session import Connection, Session
from strangler_migrations.running.states import NEXT, State
from strangler_migrations.running.store import Record

_BEFORE_OR_IN: frozenset[State] = frozenset({State.EXPANDING, State.EXPANDED, State.BACKFILLING})
"""States in which there is a backfill to hold up."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Who asked for it, why, and when."""

    actor: str
    reason: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.actor} paused it at {self.at:%H:%M:%S} ({self.reason}); `strangler migrate resume` ends that"


def of(connection: Connection, name: str) -> Pause | None:
    """The pause that is on, if any."""
    row = connection.execute(
        "SELECT actor, reason, at FROM strangler.paused WHERE migration = %s", (name,)
    ).fetchone()
    return None if row is None else Pause(*row)


def shown(connection: Connection, record: Record) -> Pause | None:
    """The pause, where there is still something to hold up."""
    return of(connection, record.name) if record.state in _BEFORE_OR_IN else None


def pause(session: Session, record: Record, reason: str) -> Pause:
    """Hold a backfill up, from after the range that is being filled. Raises Refused when there is none."""
    if record.state not in _BEFORE_OR_IN:
        raise Refused(
            f"{record.name} is {record.state}: there is no backfill to pause",
            remedy=f"its next step: {NEXT[record.state]}",
        )
    store.prepare(session.connection)
    with session.connection.transaction():
        session.connection.execute(
            "INSERT INTO strangler.paused (migration, actor, reason) VALUES (%s, %s, %s)"
            " ON CONFLICT (migration) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, at = excluded.at",
            (record.name, session.actor, reason),
        )
        store.note(session.connection, record.name, "paused", session.actor, reason)
    found = of(session.connection, record.name)
    assert found is not None
    return found


def resume(session: Session, record: Record) -> None:
    """Let it go on. Raises Refused when nothing is paused."""
    store.prepare(session.connection)
    with session.connection.transaction():
        cursor = session.connection.execute(
            "DELETE FROM strangler.paused WHERE migration = %s", (record.name,)
        )
        if cursor.rowcount != 1:
            raise Refused(f"{record.name} is not paused", remedy="`strangler migrate status` shows what is")
        store.note(session.connection, record.name, "resumed", session.actor)
