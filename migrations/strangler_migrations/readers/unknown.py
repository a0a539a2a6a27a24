"""What may use the old form and cannot be seen doing it: unknown is not absent, and each has a name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from strangler_migrations.readers.model import Acknowledgement, OldForm, Unknown
from strangler_migrations.running.session import Connection
from strangler_migrations.sql.tokens import mentioned

TABLES: Final = "base-tables"
_FUNCTIONS: Final = """
SELECT p.oid::regprocedure::text, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
       pg_catalog.pg_get_functiondef(p.oid),
       ARRAY(SELECT DISTINCT c.relname::text FROM pg_catalog.pg_trigger t
             JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace m ON m.oid = c.relnamespace
             WHERE t.tgfoid = p.oid AND NOT t.tgisinternal AND m.nspname = %s AND c.relname = ANY (%s))
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'strangler') AND p.prokind IN ('f', 'p', 'w')
  AND l.lanname NOT IN ('c', 'internal')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                  AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
"""
_MARKS: Final = re.compile(r"--|/\*|\*/|['$]")
_PUBLICATIONS: Final = """
SELECT p.pubname::text, string_agg(t.tablename::text, ', ' ORDER BY t.tablename)
FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_tables t ON t.pubname = p.pubname
WHERE t.schemaname = %s AND t.tablename = ANY (%s) GROUP BY 1 ORDER BY 1
"""
_SLOTS: Final = """
SELECT slot_name::text, plugin::text FROM pg_catalog.pg_replication_slots
WHERE slot_type = 'logical' AND database = current_database() AND NOT temporary ORDER BY 1
"""
_STANDBYS: Final = """
SELECT count(*)::int FROM pg_catalog.pg_stat_replication r
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
  AND r.application_name IS DISTINCT FROM 'pg_basebackup'
"""


def unknown(connection: Connection, form: OldForm) -> tuple[Unknown, ...]:
    """Everything of the kind, with the words that people gave for it."""
    said = _said(connection, form.migration)
    return tuple(_with(each, said.get(each.name)) for each in _found(connection, form))


def _found(connection: Connection, form: OldForm) -> Iterator[Unknown]:
    if not form.anything:
        return
    names = list(form.tables)
    if names:
        yield Unknown(
            TABLES,
            f"clients that read {_listed(names)} without a version's schema: no view marks them, and a look sees them"
            " only while they read",
        )
    yield from _functions(connection, form)
    for name, tables in connection.execute(_PUBLICATIONS, (form.schema, names)).fetchall():
        yield Unknown(f"publication {name}", f"sends {tables} to subscribers, as it is", _digest(tables))
    for name, plugin in connection.execute(_SLOTS).fetchall() if names else ():
        yield Unknown(
            f"slot {name}", f"a logical slot ({plugin}) hands every change of the tables on", plugin
        )
    row = connection.execute(_STANDBYS).fetchone()
    if row and row[0]:
        yield Unknown("standbys", f"{row[0]} of them: what is read there leaves its mark there, not here")


def _functions(connection: Connection, form: OldForm) -> Iterator[Unknown]:
    names = frozenset(filter(None, (*form.tables, form.previous)))
    rows = connection.execute(_FUNCTIONS, (form.schema, list(form.tables))).fetchall()
    for name, kind, text, triggers in rows:
        found = _named(text, names)
        if triggers:
            yield Unknown(f"{kind} {name}", f"a trigger of {_listed(triggers)} runs it", _digest(text))
        elif found:
            yield Unknown(f"{kind} {name}", f"its text names {_listed(sorted(found))}", _digest(text))


def _named(text: str, names: frozenset[str]) -> frozenset[str]:
    """Those that stand anywhere in a definition, also in texts that it may execute: rather one too many."""
    return mentioned(_MARKS.sub(" ", text), names)


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _said(connection: Connection, migration: str) -> dict[str, tuple[str, Acknowledgement]]:
    there = connection.execute("SELECT to_regclass('strangler.acknowledged') IS NOT NULL").fetchone()
    if not there or not there[0]:
        return {}
    found = connection.execute(
        "SELECT name, digest, actor, reason, at FROM strangler.acknowledged WHERE migration = %s",
        (migration,),
    ).fetchall()
    return {name: (digest, Acknowledgement(*word)) for name, digest, *word in found}


def _with(unknown: Unknown, said: tuple[str, Acknowledgement] | None) -> Unknown:
    if said is None:
        return unknown
    digest, word = said
    holds = digest == unknown.digest
    return Unknown(unknown.name, unknown.what, unknown.digest, word if holds else None, stale=not holds)
