"""Look for what is left: the catalogue against what the migrations that are recorded would have there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from strangler_migrations import marks, versions
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.catalog.read import read
from strangler_migrations.draft import begun
from strangler_migrations.readers.standing import BOTH
from strangler_migrations.repair.model import Finding
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.lease import is_dead
from strangler_migrations.running.session import Session, refusals
from strangler_migrations.running.states import OVER, State
from strangler_migrations.running.store import Record
from strangler_migrations.sql.names import SYNCED, ident, is_ours, qualified
from strangler_migrations.statement import Lock, Statement
from strangler_migrations.sync import EARLY, STATE, TRIGGER

_COUNT_MS: Final = 3_000
_CONTRACTED: Final = frozenset({State.CONTRACTING, State.CONTRACTED, State.DROPPING})
"""States in which the version before is gone, or goes."""
_INDEXES: Final = """
SELECT c.relname::text AS "table", x.relname::text AS name
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
     JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND NOT i.indisvalid AND c.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
ORDER BY 1, 2
"""
_FUNCTIONS: Final = """
SELECT p.proname::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %s AND p.prorettype = 'pg_catalog.trigger'::regtype ORDER BY 1
"""
# Views are what a version is made of; anything else in its schema was put there by somebody.
_VERSIONS: Final = """
SELECT n.nspname::text AS name, array_agg(c.relname::text ORDER BY c.relname) FILTER (WHERE c.relkind = 'v') AS views,
       bool_and(c.relkind = 'v') AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid) AS only
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND starts_with(n.nspname::text, %s)
GROUP BY n.oid, n.nspname ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the migrations under way have said that they make: their statements, and the schemas of versions."""

    texts: tuple[str, ...]
    versions: frozenset[str]

    def names(self, *names: str) -> bool:
        """Whether one statement names all of these."""
        written = [ident(name) for name in names]
        return any(all(name in text for name in written) for text in self.texts)


def find(session: Session) -> list[Finding]:
    """All of it, in the order in which it is mended. Changes nothing."""
    records = store.migrations(session.connection)
    with refusals("looking for what is left"):
        catalog = read(session.connection, session.schema)
        expected = _expected(session, records)
        return [
            *_lease(session),
            *_triggers(catalog, expected),
            *_functions(session, expected),
            *_constraints(catalog, expected),
            *_indexes(session, expected),
            *_versions(session, catalog, expected),
            *_gone(session, catalog, records),
            *_columns(session, catalog, expected),
            *_tables(session, catalog, expected),
        ]


def _expected(session: Session, records: Sequence[Record]) -> Expected:
    going = [record for record in records if record.state not in OVER]
    texts = [
        text
        for record in going
        for step in store.steps(session.connection, record.name)
        for text in (step.statement.sql, *(step.statement.undo or ()))
    ]
    names = [
        lifecycle.previous(records),
        *(name for record in going for name in (record.version, record.previous)),
    ]
    return Expected(tuple(texts), frozenset(name for name in names if name is not None))


def _lease(session: Session) -> Iterator[Finding]:
    if not store.exists(session.connection):
        return
    rows = session.connection.execute(
        "SELECT holder, token, expires_at > clock_timestamp(), to_char(expires_at, 'HH24:MI:SS') FROM strangler.lease"
        " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
        " AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_catalog.pg_database"
        " WHERE datname = current_database()) AND objsubid = 1"
        " AND (classid::bigint << 32) | objid::bigint = hashtextextended('strangler migrate', 0))"
    ).fetchall()
    for holder, token, lasts, until in rows:
        if lasts and not is_dead(holder):
            yield Finding(
                "lease",
                holder,
                f"it lost its connection, and may still be at work until {until}",
                remedy="wait until then, or end that process",
            )
        else:
            quoted = str(token).replace("'", "''")
            gone = Statement(f"DELETE FROM {STATE}.lease WHERE token = '{quoted}'")
            yield Finding("lease", holder, "its process is gone, or its time is over", (gone,))


def _triggers(catalog: Catalog, expected: Expected) -> Iterator[Finding]:
    for table in catalog.tables.values():
        for name in table.triggers:
            if name.startswith((TRIGGER, EARLY)) and not expected.names(name, table.name):
                on = qualified(catalog.schema, table.name)
                yield Finding(
                    "trigger",
                    f"{name} of {table.name}",
                    "it keeps two forms in step, and no migration is under way that has two",
                    (Statement(f"DROP TRIGGER {ident(name)} ON {on}", Lock.ACCESS_EXCLUSIVE, (table.name,)),),
                )


def _functions(session: Session, expected: Expected) -> Iterator[Finding]:
    for (name,) in session.connection.execute(_FUNCTIONS, (STATE,)).fetchall():
        if not expected.names(name):
            drop = Statement(f"DROP FUNCTION {qualified(STATE, name)}()")
            yield Finding("function", f"{STATE}.{name}", "no migration under way has it", (drop,))


def _constraints(catalog: Catalog, expected: Expected) -> Iterator[Finding]:
    for table in catalog.tables.values():
        for each in table.constraints.values():
            bound = [column for column in each.columns if is_ours(column)]
            if is_ours(each.name) and not bound and not expected.names(each.name, table.name):
                on = qualified(catalog.schema, table.name)
                drop = f"ALTER TABLE {on} DROP CONSTRAINT {ident(each.name)}"
                yield Finding(
                    "constraint",
                    f"{each.name} of {table.name}",
                    f"no migration under way has it: {each.definition}",
                    (Statement(drop, Lock.ACCESS_EXCLUSIVE, (table.name,)),),
                )


def _indexes(session: Session, expected: Expected) -> Iterator[Finding]:
    known = _recorded_indexes(session)
    for table, name in session.connection.execute(_INDEXES, (session.schema,)).fetchall():
        on = qualified(session.schema, name)
        if expected.names(name):
            yield Finding(
                "index",
                name,
                f"a build of it on {table} broke",
                remedy="`strangler migrate start` goes on, and builds it anew",
            )
        elif is_ours(name) or name in known:
            drop = Statement(
                f"DROP INDEX CONCURRENTLY {on}", Lock.SHARE_UPDATE_EXCLUSIVE, (table,), transactional=False
            )
            yield Finding("index", name, f"a build of it on {table} broke; it costs every write", (drop,))
        else:
            yield Finding(
                "index",
                name,
                f"a build of it on {table} broke; it costs every write, and is none of ours",
                remedy=f"REINDEX INDEX CONCURRENTLY {on}, or DROP INDEX CONCURRENTLY {on}",
            )


def _recorded_indexes(session: Session) -> frozenset[str]:
    """Of migrations that were taken back, or are done."""
    if not store.exists(session.connection):
        return frozenset()
    rows = session.connection.execute(
        "SELECT DISTINCT body ->> 'index' FROM strangler.statements WHERE body ->> 'index' IS NOT NULL"
    ).fetchall()
    return frozenset(name for (name,) in rows)


def _versions(session: Session, catalog: Catalog, expected: Expected) -> Iterator[Finding]:
    for name, views, only in session.connection.execute(_VERSIONS, (f"{catalog.schema}_",)).fetchall():
        if name in expected.versions or not views or not _is_version(session, name):
            continue
        if not only:
            yield Finding(
                "version",
                name,
                "no version in use is called so, and there is more in it than a version's views",
                remedy="move what is yours out of it, and call this again",
            )
            continue
        drops = [Statement(f"DROP VIEW {qualified(name, view)}", Lock.NONE) for view in views]
        yield Finding(
            "version",
            name,
            f"no version in use is called so: {len(views)} views",
            (*drops, Statement(f"DROP SCHEMA {ident(name)}")),
        )


def _is_version(session: Session, name: str) -> bool:
    """Whether its views have the mark that a version of this name leaves: others may have schemas of such names."""
    row = session.connection.execute(
        "SELECT bool_and(strpos(definition, %s) > 0) FROM pg_catalog.pg_views WHERE schemaname = %s",
        (f"{marks.CLASS}, {marks.key(name)}", name),
    ).fetchone()
    return bool(row and row[0])


def _gone(session: Session, catalog: Catalog, records: Sequence[Record]) -> Iterator[Finding]:
    """Versions in use whose schema somebody dropped: made anew from what they show."""
    going = next((record for record in records if record.state not in OVER), None)
    current = lifecycle.previous(records)
    wanted: dict[str, Any] = {}
    if going is not None and going.state in BOTH - {State.CONTRACTING}:
        wanted[going.version] = lifecycle.seen(going.shown, catalog)
    if current is not None and (going is None or going.state not in _CONTRACTED):
        wanted[current] = begun(catalog).shown
    for name, shown in wanted.items():
        row = session.connection.execute(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s)", (name,)
        ).fetchone()
        if row and not row[0]:
            yield Finding(
                "version",
                name,
                "this version is in use, and its schema is gone",
                tuple(versions.published(catalog, dict(shown), name)),
            )


def _columns(session: Session, catalog: Catalog, expected: Expected) -> Iterator[Finding]:
    for table in catalog.tables.values():
        for name in table.columns:
            if is_ours(name) and not is_ours(table.name) and not expected.names(name, table.name):
                on = qualified(catalog.schema, table.name)
                drop = f"ALTER TABLE {on} DROP COLUMN {ident(name)}"
                yield Finding(
                    "column",
                    f"{table.name}.{name}",
                    "it says which rows have two forms, and no migration under way has two"
                    if name == SYNCED
                    else f"a form that no migration under way has, {_values(session, on, f'count({ident(name)})')}",
                    (Statement(drop, Lock.ACCESS_EXCLUSIVE, (table.name,)),),
                    data=name != SYNCED,
                )


def _tables(session: Session, catalog: Catalog, expected: Expected) -> Iterator[Finding]:
    for name in catalog.tables:
        if is_ours(name) and not expected.names(name):
            on = qualified(catalog.schema, name)
            yield Finding(
                "table",
                name,
                f"a table that was dropped and kept for a rollback, {_values(session, on, 'count(*)', 'rows')}",
                (Statement(f"DROP TABLE {on}", Lock.ACCESS_EXCLUSIVE, (name,)),),
                data=True,
            )


def _values(session: Session, on: str, count: str, noun: str = "values") -> str:
    try:
        with session.connection.transaction():
            session.connection.execute(f"SET LOCAL statement_timeout = {_COUNT_MS}".encode())
            row = session.connection.execute(f"SELECT {count} FROM {on}".encode()).fetchone()
    except psycopg.errors.QueryCanceled:
        return f"with more {noun} than could be counted in {_COUNT_MS // 1_000} s"
    return f"with {row[0] if row else 0:,} {noun}"
