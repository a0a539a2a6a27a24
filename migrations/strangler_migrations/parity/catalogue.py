"""What a PostgreSQL server says of a relation: columns, key, and how it hashes and orders."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from strangler.errors import UsageError
from strangler_migrations.parity.chain import chained
from strangler_migrations.parity.forms import Form
from strangler_migrations.parity.model import Column, Relation
from strangler_migrations.parity.quoting import name
from strangler_migrations.parity.side import Insufficient, Shape
from strangler_migrations.parity.statements import Method

_OLDEST: Final = 140000
_TYPES: Final = """
SELECT t.oid, CASE WHEN n.nspname = 'pg_catalog' THEN t.typname ELSE 'other' END, format_type(t.oid, NULL)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = ANY(%s)
"""
_KEY: Final = """
SELECT array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = %s::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND k.place <= i.indnkeyatts
GROUP BY i.indexrelid, i.indisprimary
HAVING bool_and(coalesce(a.attnotnull, false))
ORDER BY i.indisprimary DESC, count(*), i.indexrelid
LIMIT 1
"""
_COLLATIONS: Final = """
SELECT a.attname, CASE WHEN c.collname = 'default' THEN (
    SELECT concat_ws('/', d->>'datlocprovider', d->>'datcollate',
                     coalesce(d->>'datlocale', d->>'daticulocale'), d->>'datcollversion')
    FROM (SELECT to_jsonb(db) AS d FROM pg_database db WHERE datname = current_database()) AS x)
  ELSE (
    SELECT concat_ws('/', j->>'collprovider', j->>'collcollate',
                     coalesce(j->>'colllocale', j->>'colliculocale'), pg_collation_actual_version(c.oid))
    FROM (SELECT to_jsonb(c) AS j) AS x WHERE c.collisdeterministic)
  END
FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = %s::oid AND a.attnum > 0 AND NOT a.attisdropped
"""
_NOT_NULL: Final = """
SELECT attname::text FROM pg_attribute WHERE attrelid = %s::oid AND attnum > 0 AND attnotnull
"""
_TEXT: Final = "SELECT hashtextextended('a é' COLLATE \"C\", 0)::text"
_PLACE: Final = """
SELECT current_setting('server_version_num')::int, pg_postmaster_start_time()::text,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()), current_database()::text
"""
type _Rows = list[tuple[Any, ...]]


def source(connection: psycopg.Connection, relation: Relation, label: str) -> str:
    """What stands behind FROM. Raises UsageError for a table that is not there."""
    if relation.query:
        return f"({relation.query.strip().rstrip(';')}\n) AS s"  # it may end in a comment
    oid = _oid(connection, relation, label)
    row = connection.execute(
        "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = %s::oid",
        (oid,),
    ).fetchone()
    assert row is not None
    return f"{name(row[0])}.{name(row[1])}"


def shape(connection: psycopg.Connection, relation: Relation, label: str) -> Shape:
    """Everything about it. Raises UsageError and Insufficient."""
    version, started, database, named = _all(connection, _PLACE)[0]
    if version < _OLDEST:
        raise UsageError(
            "is older than PostgreSQL 14",
            where=label,
            remedy="compare from a newer server, such as an upgraded copy of it",
        )
    host = f"{connection.info.host}:{connection.info.port}/{named}"
    hashes: dict[Method, str] = {
        "typed": f"{version // 10000} {_all(connection, f'SELECT {_known(version // 10000)}::text')[0][0]}",
        "text": str(_all(connection, _TEXT)[0][0]),
        "md5": "",
    }
    oid = "" if relation.query else _oid(connection, relation, label)
    columns = _columns(connection, source(connection, relation, label), oid)
    key = tuple(found[0][0]) if oid and (found := _all(connection, _KEY, (oid,))) else ()
    return Shape(
        columns,
        key,
        str(relation),
        host,
        f"PostgreSQL {version // 10000}.{version % 10000}",
        hashes,
        f"{started} {database}",
        version // 10000,
    )


def _known(version: int) -> str:
    """The hash of a row of known values."""
    values = {
        "text": "'a é'::text",
        "int4": "7::int4",
        "int8": "(-8589934592)::int8",
        "bool": "true",
        "date": "date '2026-01-31'",
        "float8": "1.5::float8",
        "uuid": "uuid '00112233-4455-6677-8899-aabbccddeeff'",
        "timestamptz": "timestamptz '2026-01-31 12:00:00+00'",
        "time": "time '12:00'",
        "bytea": "'\\x00ff'::bytea",
        "numeric": "(-12.30)::numeric(12,2)",
    }
    columns = [(sql, Form("{x}", "{x}", kind, bounded=True), True) for kind, sql in values.items()]
    return chained(columns, version)


def sorts(plan: dict[str, Any]) -> bool:
    """Whether a plan sorts, groups or joins by hashing somewhere: then it reads everything first."""
    if plan["Node Type"] in {
        "Sort",
        "Aggregate",
        "Hash Join",
        "Materialize",
        "CTE Scan",
        "WindowAgg",
        "Unique",
    }:
        return True
    return any(sorts(part) for part in plan.get("Plans", ()))


def _columns(connection: psycopg.Connection, source_sql: str, oid: str) -> tuple[Column, ...]:
    cursor = connection.execute(f"SELECT * FROM {source_sql} LIMIT 0".encode())
    result = cursor.pgresult
    assert result is not None
    fields = [
        ((result.fname(i) or b"").decode(), result.ftype(i), result.fmod(i)) for i in range(result.nfields)
    ]
    names = [field for field, _, _ in fields]
    if len(set(names)) < len(names):
        raise UsageError("the query gives two columns one name", remedy="name each with AS")
    types = {row[0]: row[1:] for row in _all(connection, _TYPES, ([kind for _, kind, _ in fields],))}
    never_null = {row[0] for row in _all(connection, _NOT_NULL, (oid,))} if oid else set[str]()
    collations: dict[str, str | None] = dict(_all(connection, _COLLATIONS, (oid,))) if oid else {}
    return tuple(
        Column(
            field,
            types[kind][0],
            typmod,
            types[kind][1],
            collations.get(field) or "",
            field not in never_null,
        )
        for field, kind, typmod in fields
    )


def _oid(connection: psycopg.Connection, relation: Relation, label: str) -> str:
    row = _all(connection, "SELECT to_regclass(%s)::oid::text, to_regclass(%s)::text", (relation.table,) * 2)[
        0
    ]
    if row[0] is None:
        raise UsageError(
            f"there is no table or view `{relation.table}`",
            where=label,
            remedy='as SQL writes it: invoices, billing.invoices, "Invoices"',
        )
    may = _all(connection, "SELECT has_table_privilege(%s::oid, 'SELECT')", (row[0],))[0][0]
    if not may and not _some_column(connection, row[0]):
        raise Insufficient(
            f"`{relation.table}` may not be read", where=label, remedy="GRANT SELECT on it to this role"
        )
    return str(row[0])


def _some_column(connection: psycopg.Connection, oid: str) -> bool:
    return bool(_all(connection, "SELECT has_any_column_privilege(%s::oid, 'SELECT')", (oid,))[0][0])


def _all(connection: psycopg.Connection, sql: str, values: tuple[object, ...] | None = None) -> _Rows:
    return connection.execute(sql.encode(), values).fetchall()
