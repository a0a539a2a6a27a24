"""A pooler that gives every transaction another session: the lock that keeps a second migration away would be
anybody's, and what is set for a session of ours would be a client's next.

PgBouncer, and its like, answers a new connection with a key for cancelling of its own making; the process that works
for it is another. That alone is a session pool, which is as good as the server. One process that works for two
connections which are both open, or two that work for one, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import psycopg

from strangler.errors import UsageError

type Connection = psycopg.Connection[Any]

_LOOKS: Final = 5
"""In a busy pool the same process does not come twice in a row each time."""


def refuse_pooled(connection: Connection, again: Callable[[], Connection]) -> None:
    """Before anything is set: close it and raise UsageError where transactions share sessions. `again` opens the same
    once more.
    """
    if _works_for(connection) == connection.info.backend_pid:
        return
    with again() as second:
        shared = any(_works_for(connection) == _works_for(second) for _ in range(_LOOKS))
        moved = len({_works_for(connection) for _ in range(_LOOKS)}) > 1
    if shared or moved:
        address = f"{connection.info.host}:{connection.info.port}"
        connection.close()
        raise UsageError(
            f"the pooler at {address} gives each transaction another session",
            remedy="name the server's own address, or that of a pool with pool_mode = session",
        )


def _works_for(connection: Connection) -> int:
    """The server process of the latest transaction."""
    row = connection.execute("SELECT pg_catalog.pg_backend_pid()", prepare=False).fetchone()
    return int(row[0]) if row else 0
