"""What is in the way now or soon: old transactions, those that idle, a vacuum that does not step aside, and whatever
keeps dead rows from being removed. Read only; roles without `pg_read_all_stats` see less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from strangler_migrations.running.session import Session

type Kind = Literal["transaction", "idle", "wraparound", "prepared", "slot"]

_LONG_S: Final = 5
"""From this age on a transaction is worth a word: many times the time a lock is waited for."""
_WHO: Final = """
SELECT CASE WHEN a.backend_type = 'autovacuum worker' THEN 'wraparound' WHEN a.state LIKE 'idle in transaction%%'
            THEN 'idle' ELSE 'transaction' END,
       CASE WHEN a.backend_type = 'autovacuum worker' THEN 'autovacuum (pid ' || a.pid || ')'
            ELSE format('%%s (%%s, %%s, pid %%s)', COALESCE(a.usename, '?'),
                        COALESCE(NULLIF(a.application_name, ''), 'no application name'),
                        COALESCE(host(a.client_addr), 'local'), a.pid) END,
       extract(epoch FROM clock_timestamp() - COALESCE(
           CASE WHEN a.state LIKE 'idle in transaction%%' THEN a.state_change END, a.xact_start))::int,
       ARRAY(SELECT DISTINCT c.relname::text FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE l.pid = a.pid AND l.granted AND n.nspname = %(schema)s AND c.relname = ANY (%(tables)s) ORDER BY 1),
       age(a.backend_xmin) AS horizon, a.pid
FROM pg_catalog.pg_stat_activity a
WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND (
  (a.backend_type = 'client backend' AND a.xact_start < clock_timestamp() - make_interval(secs => %(seconds)s))
  OR (a.backend_type = 'autovacuum worker' AND a.query LIKE '%%to prevent wraparound%%'))
UNION ALL
SELECT 'prepared', 'the prepared transaction ' || gid || ' of ' || owner,
       extract(epoch FROM clock_timestamp() - prepared)::int, '{}', age(transaction), NULL
FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT 'slot', 'the replication slot ' || slot_name || CASE WHEN active THEN '' ELSE ', which nobody reads' END,
       NULL, '{}', age(xmin), NULL
FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL
ORDER BY 5 DESC NULLS LAST, 3 DESC NULLS LAST, 2
"""
_DOES: Final[dict[str, str]] = {
    "transaction": "has been in a transaction for {seconds} s",
    "idle": "has been idle in a transaction for {seconds} s",
    "wraparound": "vacuums to prevent wraparound, and does not step aside for anybody",
    "prepared": "is {seconds} s old",
    "slot": "keeps old rows",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Somebody who could be waited for. `tables`: those of the migration that it holds a lock on now."""

    kind: Kind
    who: str
    seconds: int | None
    tables: tuple[str, ...]
    pid: int | None = None

    def __str__(self) -> str:
        does = _DOES[self.kind].format(seconds=self.seconds)
        return f"{self.who} {does}" + (f", with {', '.join(self.tables)}" if self.tables else "")


def obstacles(session: Session, tables: Iterable[str], *, older_than_s: int = _LONG_S) -> list[Obstacle]:
    """Who holds locks on these tables, or an old view of the data, since long; the oldest view of the data first."""
    rows = session.connection.execute(
        _WHO.encode(), {"schema": session.schema, "tables": list(tables), "seconds": older_than_s}
    ).fetchall()
    return [
        Obstacle(kind, who, seconds, tuple(held), pid)
        for kind, who, seconds, held, horizon, pid in rows
        if held or horizon is not None or kind == "wraparound"
    ]
