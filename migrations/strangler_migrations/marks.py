"""The marks that clients of a version leave behind: what the views and triggers say so that `readers` can tell.

A reader takes a shared advisory lock that stays with its session. It never waits, costs nothing that can be measured,
may be taken in read-only transactions, and names the session in pg_locks. The lock stands in an uncorrelated scalar
subquery: asked once per query, and the view stays updatable. A counter would make readers of one another wait, and fail
in read-only transactions.

A writer adds a row to a table, once a minute, in a subtransaction of its own: whatever goes wrong there, its write does
not. Within a transaction, and within the minute, settings of its session remember it; a rollback takes all of it back.
"""

from __future__ import annotations

import hashlib
from typing import Final

from strangler_migrations.sql.names import literal

CLASS: Final = 0x7374_7267
"""The first half of every reader's lock: `strg`."""


WRITES: Final = "    -- here a brownout would refuse it"
"""Stands in the trigger's function where an old form is written; a brownout puts its check there."""
REFUSED: Final = CLASS + 1
"""The first half of the lock of those whom a brownout refused; the second is 0."""


def key(version: str) -> int:
    """The second half of the lock of a version's readers: the first 31 bits of its name's SHA-256."""
    return int.from_bytes(hashlib.sha256(version.encode()).digest()[:4]) >> 1


def reader(version: str) -> str:
    """What a view of the version has behind WHERE; always true."""
    return f"(SELECT pg_catalog.pg_try_advisory_lock_shared({CLASS}, {key(version)}) IS NOT NULL)"


def writer(version: str) -> str:
    """Statements of the trigger, for one of the old form. `version`: the schema of the version that replaces it."""
    return f"""{WRITES}
    IF pg_catalog.current_setting('strangler.wrote_in', true) IS DISTINCT FROM
        pg_catalog.pg_current_xact_id()::text THEN
      PERFORM pg_catalog.set_config('strangler.wrote_in', pg_catalog.pg_current_xact_id()::text, false);
      mark := {literal(version)} || pg_catalog.date_part('epoch', now())::bigint / 60
        || pg_catalog.current_setting('application_name') || session_user;
      IF pg_catalog.current_setting('strangler.wrote', true) IS DISTINCT FROM mark THEN
        PERFORM pg_catalog.set_config('strangler.wrote', mark, false);
        BEGIN
          PERFORM strangler.wrote({literal(version)});
        EXCEPTION WHEN OTHERS THEN
          NULL;
        END;
      END IF;
    END IF;"""
