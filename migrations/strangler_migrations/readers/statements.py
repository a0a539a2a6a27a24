"""pg_stat_statements as a second witness, where it is loaded: which roles' statements name what changes, and whether
they are still called. It has no times: a count that rose between two looks was called between them.
"""

from __future__ import annotations

import re
from typing import Any, Final

import psycopg

from strangler_migrations.readers.model import Call, OldForm
from strangler_migrations.running import store
from strangler_migrations.running.session import Connection
from strangler_migrations.sql.names import OURS, qualified
from strangler_migrations.sql.tokens import mentioned

_WHERE: Final = (
    "SELECT n.nspname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
    " WHERE e.extname = 'pg_stat_statements'"
)
_FIND: Final = """
SELECT r.rolname::text, s.queryid, sum(s.calls)::bigint, min(s.query)
FROM {view} s JOIN pg_catalog.pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND s.queryid IS NOT NULL
  AND EXISTS (SELECT FROM unnest(%s::text[]) AS name WHERE strpos(lower(s.query), lower(name)) > 0)
GROUP BY 1, 2 ORDER BY 1, 2
"""
_KEEP: Final = """
INSERT INTO strangler.calls AS c VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (migration, role, query) DO UPDATE SET calls = excluded.calls,
  called_at = CASE WHEN excluded.calls <> c.calls THEN clock_timestamp() ELSE c.called_at END
"""
_SEEN: Final = """
INSERT INTO strangler.seen AS s VALUES (%s, 'statement', %s, '', '', %s, %s)
ON CONFLICT (migration, way, role, application, address) DO UPDATE
SET last_seen = greatest(s.last_seen, excluded.last_seen)
"""
_FIRST: Final = frozenset({"select", "insert", "update", "delete", "with", "merge", "copy", "table"})
_SHOWN: Final = 2_000
_VARIES: Final = re.compile(r"\$\d+|%s|\b\d+\b")


def observe(connection: Connection, form: OldForm) -> tuple[Call, ...] | None:
    """Look, and remember; None where it is not loaded."""
    found = _found(connection, form)
    if found is None:
        return None
    only_old = _only_old(connection, form)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            _KEEP.encode(),
            [(form.migration, role, query, calls, text[:_SHOWN]) for role, query, calls, text in found],
        )
        rows = cursor.execute(
            "SELECT role, text, calls, called_at FROM strangler.calls WHERE migration = %s"
            " ORDER BY called_at DESC NULLS LAST, role, query",
            (form.migration,),
        ).fetchall()
        calls = tuple(
            Call(role, text, number, called_at, bool(mentioned(text, only_old)))
            for role, text, number, called_at in rows
        )
        for each in sorted(calls, key=lambda call: call.role):
            if each.old and each.called_at is not None:
                cursor.execute(_SEEN.encode(), (form.migration, each.role, each.called_at, each.called_at))
    return calls


def _found(connection: Connection, form: OldForm) -> list[tuple[Any, ...]] | None:
    row = connection.execute(_WHERE).fetchone()
    if row is None:
        return None
    names = [name for name in (*form.tables, form.previous) if name is not None]
    try:
        view = qualified(row[0], "pg_stat_statements")
        written = [name.replace('"', '""') for name in names]
        found = connection.execute(_FIND.format(view=view).encode(), (written,)).fetchall()
    except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.InsufficientPrivilege):
        return None
    own = _own(connection, form)
    return [each for each in found if _is_clients(each[3], names) and _shape(each[3]) not in own]


def _own(connection: Connection, form: OldForm) -> frozenset[str]:
    """What the backfill asks without a name of ours in it."""
    fillings = (progress.filling for progress in store.fillings(connection, form.migration))
    return frozenset(_shape(each.bound(first=first)) for each in fillings for first in (True, False))


def _shape(text: str) -> str:
    """A statement without its parameters and constants."""
    return _VARIES.sub("?", text)


def _is_clients(text: str, names: list[str]) -> bool:
    first = (text.split(None, 1) or [""])[0].lower().lstrip("(")
    return first in _FIRST and OURS not in text and "strangler." not in text and bool(mentioned(text, names))


def _only_old(connection: Connection, form: OldForm) -> list[str]:
    """Names that only the old form knows: its schema, and columns that the new version shows no more."""
    rows = connection.execute(
        "SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %(schema)s"
        " AND c.relname = ANY (%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped"
        " AND left(a.attname, %(length)s) <> %(ours)s"
        " AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute v JOIN pg_catalog.pg_class w ON w.oid = v.attrelid"
        " JOIN pg_catalog.pg_namespace m ON m.oid = w.relnamespace WHERE m.nspname = %(version)s AND w.relkind = 'v'"
        " AND v.attname = a.attname)",
        {
            "schema": form.schema,
            "tables": list(form.tables),
            "version": form.version,
            "ours": OURS,
            "length": len(OURS),
        },
    ).fetchall()
    return [name for (name,) in rows] + ([form.previous] if form.previous else [])
