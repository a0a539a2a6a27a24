"""How much every table holds, from a database's catalogue."""

from __future__ import annotations

from typing import Final

import psycopg

from strangler.errors import Unreachable

_SIZES: Final = """
SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END,
       greatest(c.reltuples, 0)::int8, pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def sizes(url: str) -> dict[str, tuple[int, int]]:
    """Rows and bytes by table, as a statement names it. Raises Unreachable."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            connection.execute("SET default_transaction_read_only = on")
            return {name: (rows, size) for name, rows, size in connection.execute(_SIZES).fetchall()}
    except psycopg.Error as error:
        raise Unreachable(
            f"does not answer: {' '.join(str(error).split())[:300]}",
            where="--database",
            remedy="postgresql://user@host/database",
        ) from None
