"""A look at who uses the old form now, remembered in `strangler.seen`.

A session that read a view of the old version holds its mark until it ends, so a pooled one is seen by any look, and
counts as of its last statement, whichever client that was. What comes and goes between two looks is seen by what it
writes, which the triggers note, or not at all.
"""

from __future__ import annotations

from typing import Final

from strangler_migrations import marks
from strangler_migrations.readers.model import OldForm, Seen
from strangler_migrations.running.session import Connection

OWN: Final = ("strangler migrate", "strangler verify", "strangler dashboard")
"""The names of our own sessions."""
BACKUPS: Final = ("pg_dump", "pg_dumpall", "pg_basebackup")
"""They read whatever form there is."""
GAP_S: Final = 6 * 3_600
"""After a longer time without a look, it is looked at anew."""

_SESSIONS: Final = """
SELECT pid, usename::text AS role, COALESCE(application_name, '') AS application,
       COALESCE(host(client_addr), 'local') AS address,
       CASE WHEN state = 'active' OR state_change IS NULL THEN clock_timestamp() ELSE state_change END AS at
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
  AND COALESCE(backend_type, 'client backend') = 'client backend' AND COALESCE(application_name, '') <> ALL (%(not)s)
"""
_HERE: Final = (
    "l.granted AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
)
_RELATIONS: Final = f"""
SELECT l.pid, l.mode, c.relname::text AS name, n.nspname::text AS schema
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {_HERE} AND l.locktype = 'relation' AND n.nspname = ANY (ARRAY[%(schema)s, %(version)s, %(previous)s])
"""
# Foreign keys take ROW SHARE and ROW EXCLUSIVE on tables of which their client knows nothing; ACCESS SHARE they do not.
_LOOK: Final = f"""
WITH sessions AS ({_SESSIONS}), relations AS ({_RELATIONS}), found AS (
  SELECT 'reads' AS way, s.* FROM sessions s JOIN pg_catalog.pg_locks l USING (pid)
  WHERE {_HERE} AND l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = %(class)s::oid AND l.objid = %(key)s::oid
  UNION ALL
  SELECT 'refused', s.* FROM sessions s JOIN pg_catalog.pg_locks l USING (pid)
  WHERE {_HERE} AND l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = %(refused)s::oid AND l.objid = 0
  UNION ALL
  SELECT 'reads', s.* FROM sessions s JOIN relations r USING (pid) WHERE r.schema = %(previous)s
  UNION ALL
  SELECT 'table', s.* FROM sessions s JOIN relations r USING (pid)
  WHERE r.schema = %(schema)s AND r.name = ANY (%(tables)s) AND r.mode = 'AccessShareLock'
    AND NOT EXISTS (SELECT FROM relations v WHERE v.pid = r.pid AND v.schema <> %(schema)s))
INSERT INTO strangler.seen
SELECT %(migration)s, way, role, application, address, min(at), max(at) FROM found
GROUP BY way, role, application, address ORDER BY way, role, application, address
ON CONFLICT (migration, way, role, application, address) DO UPDATE
SET first_seen = least(seen.first_seen, excluded.first_seen), last_seen = greatest(seen.last_seen, excluded.last_seen)
"""
# Rows that another tool folds at the same time are its to fold.
_FOLD: Final = """
WITH gone AS (
  DELETE FROM strangler.writers
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM strangler.writers WHERE version = %(version)s FOR UPDATE SKIP LOCKED))
  RETURNING role, application, address, at)
INSERT INTO strangler.seen
SELECT %(migration)s, 'writes', role, application, address, min(at), max(at) FROM gone
WHERE application <> ALL (%(not)s)
GROUP BY role, application, address ORDER BY role, application, address
ON CONFLICT (migration, way, role, application, address) DO UPDATE
SET first_seen = least(seen.first_seen, excluded.first_seen), last_seen = greatest(seen.last_seen, excluded.last_seen)
"""
_WATCHED: Final = """
INSERT INTO strangler.watched AS w VALUES (%(migration)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (migration) DO UPDATE SET until = excluded.until,
  since = CASE WHEN w.until < excluded.until - make_interval(secs => %(gap)s) THEN excluded.since ELSE w.since END
"""


def look(connection: Connection, form: OldForm) -> None:
    """Look, and remember. Clients are not waited for, and do not wait."""
    parameters = {
        "migration": form.migration, "schema": form.schema, "version": form.version, "previous": form.previous,
        "tables": list(form.tables), "not": [*OWN, *BACKUPS], "class": marks.CLASS,
        "refused": marks.REFUSED,
        "key": marks.key(form.previous or ""), "gap": GAP_S,
    }  # fmt: skip
    for statement in (_LOOK, _FOLD, _WATCHED):
        connection.execute(statement.encode(), parameters)


def seen(connection: Connection, migration: str) -> tuple[Seen, ...]:
    """Who was seen, the latest first."""
    found = connection.execute(
        "SELECT way, role, application, address, first_seen, last_seen FROM strangler.seen WHERE migration = %s"
        " ORDER BY last_seen DESC, way, role, application, address",
        (migration,),
    ).fetchall()
    return tuple(Seen(*row) for row in found)
