"""One migration at a time per database: an advisory lock, and a lease that outlives a lost connection.

The lock ends with its connection, also when only the network broke and the tool at the other end still works. So there
is a lease, too: every transaction that changes something first extends it by its token, and fails when it is another's.
A tool that was killed on this machine leaves a lease whose process is gone: it is taken over at once.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from strangler.errors import Conflict
from strangler_migrations.running.session import Session

_KEY: Final = "hashtextextended('strangler migrate', 0)"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change the schema."""

    token: str
    seconds: int

    def extend(self, session: Session) -> None:
        """In the transaction that changes something: it is rolled back when the lease is another's. Raises Conflict."""
        cursor = session.connection.execute(
            "UPDATE strangler.lease SET expires_at = clock_timestamp() + make_interval(secs => %s) WHERE token = %s",
            (self.seconds, self.token),
        )
        if cursor.rowcount != 1:
            raise Conflict(
                "another strangler migrate took the lease over", remedy="`strangler migrate status`"
            )


@contextmanager
def held(session: Session) -> Generator[Lease]:
    """The lock and the lease, until the end. Raises Conflict that names the holder."""
    connection = session.connection
    row = connection.execute(f"SELECT pg_try_advisory_lock({_KEY})".encode()).fetchone()
    if row is None or not row[0]:
        raise Conflict(
            f"another strangler migrate is at work: {_holder(session)}", remedy="wait until it is done"
        )
    try:
        lease = _taken(session)
        try:
            yield lease
        finally:
            if not connection.closed:
                connection.execute("DELETE FROM strangler.lease WHERE token = %s", (lease.token,))
    finally:
        if not connection.closed:
            connection.execute(f"SELECT pg_advisory_unlock({_KEY})".encode())


def _taken(session: Session) -> Lease:
    lease = Lease(secrets.token_hex(8), session.limits.lease_s)
    holder = f"{session.actor}@{socket.gethostname()} pid {os.getpid()}"
    with session.connection.transaction():
        row = session.connection.execute(
            "SELECT holder, expires_at > clock_timestamp(),"
            " ceil(extract(epoch FROM expires_at - clock_timestamp()))::int"
            " FROM strangler.lease FOR UPDATE"
        ).fetchone()
        if row is not None and row[1] and not is_dead(row[0]):
            raise Conflict(
                f"{row[0]} holds the lease for {row[2]} s more: its connection is gone, it may still be at work",
                remedy="wait, or end that process",
            )
        session.connection.execute("DELETE FROM strangler.lease")
        session.connection.execute(
            "INSERT INTO strangler.lease (holder, token, expires_at)"
            " VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))",
            (holder, lease.token, lease.seconds),
        )
    return lease


def _holder(session: Session) -> str:
    row = session.connection.execute("SELECT holder FROM strangler.lease").fetchone()
    return str(row[0]) if row else "it has just begun"


def is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more."""
    who, _, pid = holder.rpartition(" pid ")
    if not pid.isdecimal() or who.rpartition("@")[2] != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()
