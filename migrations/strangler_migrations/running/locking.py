"""Statements under locks that never make the world queue.

A statement that waits for ACCESS EXCLUSIVE lets everybody behind it wait, too. So it is looked first who would be in
the way; the first attempt queues for a twentieth of a second, which transactions of a few milliseconds need, the next
ones longer, up to `lock_timeout`; each comes later than the one before, within a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import psycopg

from strangler.errors import Refused
from strangler_migrations.running import store
from strangler_migrations.running.session import Session, refusals
from strangler_migrations.statement import CONFLICTS, Lock, Statement

_FIRST_MS: Final = 50
_FIRST_S: Final = 0.25
_LONGEST_S: Final = 10.0
_GENTLE: Final = 10
_ASIDE_MS: Final = 250
_MODES: Final = {lock: lock.title().replace(" ", "") + "Lock" for lock in Lock if lock is not Lock.NONE}
_BLOCKERS: Final = """
SELECT DISTINCT a.pid, COALESCE(a.usename, ''), COALESCE(a.application_name, ''),
       COALESCE(host(a.client_addr), 'local'), COALESCE(a.state, ''),
       extract(epoch FROM clock_timestamp() - a.xact_start)::int, c.relname::text,
       a.backend_type = 'autovacuum worker' AND a.query NOT LIKE '%%to prevent wraparound%%'
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
     JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid() AND n.nspname = %s AND c.relname = ANY (%s)
  AND l.mode = ANY (%s) AND a.xact_start < clock_timestamp() - make_interval(secs => %s)
ORDER BY 6 DESC NULLS LAST, 1
"""


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that holds what a statement would have to wait for."""

    pid: int
    role: str
    application: str
    address: str
    state: str
    seconds: int
    table: str
    vacuum: bool
    """An autovacuum that steps aside for whoever waits long enough."""

    def __str__(self) -> str:
        who = f"{self.role} ({self.application or 'no application name'}, {self.address}, pid {self.pid})"
        return f"{who} has been {self.state} for {self.seconds} s in a transaction with {self.table}"


def blockers(session: Session, statements: Iterable[Statement], *, older_than_s: float = 0) -> list[Blocker]:
    """Who would be waited for, the longest first."""
    found = dict[int, Blocker]()
    for statement in statements:
        modes = [_MODES[lock] for lock in CONFLICTS[statement.lock] if lock in _MODES]
        if modes and statement.targets:
            rows = session.connection.execute(
                _BLOCKERS.encode(), (session.schema, list(statement.targets), modes, older_than_s)
            )
            found.update((row[0], Blocker(*row)) for row in rows)
    return sorted(found.values(), key=lambda each: -(each.seconds or 0))


def patiently(
    session: Session,
    statements: Sequence[Statement],
    attempt: Callable[[int], None],
    *,
    undoing: bool = False,
) -> None:
    """Run `attempt` (a transaction under the lock_timeout it is given, in ms) until it got its locks.

    Nobody queues behind us for longer than that, and not at all while a transaction that is older than it is seen in
    the way. Raises Refused when the bound is over.
    """
    gentle = not undoing and not any(each.lock.blocks_writers for each in statements)
    what = statements[0].sql.partition("\n")[0]
    waits = Waits(session, what)
    for number in count():
        limit = session.limits.lock_timeout_ms
        limit = limit * _GENTLE if gentle else min(limit, _FIRST_MS << min(number, 10))
        found = [] if gentle else blockers(session, statements, older_than_s=limit / 1000)
        if all(each.vacuum for each in found):
            try:
                with refusals(what):
                    _attempted(attempt, max(limit, _aside(session)) if found else limit)
            except Busy:
                found = blockers(session, statements)
            else:
                waits.over()
                return
        waits.for_(found)


@dataclass
class Waits:
    """The waits of one statement: longer and longer, by chance, within the bound."""

    session: Session
    what: str
    _wait_s: float = _FIRST_S
    _until: float | None = None
    _note: int | None = None

    def for_(self, found: Sequence[Blocker]) -> None:
        """Say whom, and wait. Raises Refused when the bound is over."""
        session, limit = self.session, self.session.limits.lock_bound_s
        if self._until is None:
            self._until = session.monotonic() + limit
        names = "; ".join(map(str, found[:3])) or "somebody who was gone a moment later"
        self._note = store.waited(session.connection, self._note, self.what, names)
        if session.monotonic() >= self._until:
            raise Refused(
                f"no lock within {limit} s: {names}",
                where=self.what,
                remedy="end that transaction, then call the same command again: it goes on; where it is ever another"
                " one, `migrations.lock_timeout` has to be longer than they take",
            )
        session.tell(f"waiting for {names}")
        session.sleep(self._wait_s * (0.5 + session.chance()))
        self._wait_s = min(self._wait_s * 2, _LONGEST_S)

    def over(self) -> None:
        """It got what it waited for."""
        if self._note is not None:
            store.waited_for(self.session.connection, self._note)


def _aside(session: Session) -> int:
    """Milliseconds after which an autovacuum has stepped aside."""
    row = session.connection.execute(
        "SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'"
    ).fetchone()
    return (int(row[0]) if row else 1_000) + _ASIDE_MS


class Busy(Exception):  # noqa: N818
    """The locks were not to be had."""


def _attempted(attempt: Callable[[int], None], timeout_ms: int) -> None:
    try:
        attempt(timeout_ms)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        raise Busy from None
