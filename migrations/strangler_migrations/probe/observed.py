"""Where the statements of applications are taken from: pg_stat_statements, or a file of SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg

from strangler.errors import UsageError
from strangler_migrations.migration import text_of
from strangler_migrations.probe.model import Observed
from strangler_migrations.running.session import Connection
from strangler_migrations.sql.names import OURS, qualified
from strangler_migrations.sql.tokens import split

_WHERE: Final = (
    "SELECT n.nspname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
    " WHERE e.extname = 'pg_stat_statements'"
)
_FIND: Final = """
SELECT string_agg(DISTINCT r.rolname::text, ', '), sum(s.calls)::bigint, min(s.query)
FROM {view} s JOIN pg_catalog.pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
GROUP BY s.queryid ORDER BY 2 DESC, 3
"""


def of_file(file: Path) -> list[Observed]:
    """The statements of a file, with `$1` for what differs from call to call. Raises UsageError."""
    return [Observed(statement, f"{file}:{line}") for line, statement in split(text_of(file))]


def of_server(connection: Connection) -> list[Observed]:
    """What pg_stat_statements has of this database, but for strangler's own. Raises UsageError without it."""
    row = connection.execute(_WHERE).fetchone()
    if row is None:
        raise _absent("it is not installed in this database")
    try:
        view = qualified(row[0], "pg_stat_statements")
        found = connection.execute(_FIND.format(view=view).encode()).fetchall()
    except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.InsufficientPrivilege) as error:
        raise _absent(error.diag.message_primary or str(error)) from None
    return [
        Observed(text, f"{role}, called {calls:,} times")
        for role, calls, text in found
        if OURS not in text and "strangler." not in text and "insufficient privilege" not in text
    ]


def _absent(why: str) -> UsageError:
    return UsageError(
        f"pg_stat_statements says nothing: {why}",
        remedy="`--statements FILE` names a file of SQL; or load it, and let the applications work for a while",
    )
