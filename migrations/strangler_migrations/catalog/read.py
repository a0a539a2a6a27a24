"""Read a schema's catalogue: the one place that looks into pg_catalog for a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import dict_row

from strangler_migrations.catalog import queries
from strangler_migrations.catalog.model import (
    Catalog,
    Column,
    Constraint,
    Grants,
    Index,
    Policy,
    Server,
    Table,
    Trigger,
    View,
)

type Row = Mapping[str, Any]
type PerTable = Mapping[str, list[Row]]

_KINDS: Final[Mapping[str, Any]] = {
    "p": "primary",
    "u": "unique",
    "c": "check",
    "f": "foreign",
    "x": "exclude",
}
_REPLICA: Final = {"d": "default", "n": "nothing", "f": "full"}
_IDENTITY: Final[Mapping[str, Any]] = {"a": "ALWAYS", "d": "BY DEFAULT"}


def read(connection: psycopg.Connection[Any], schema: str) -> Catalog:
    """The catalogue of a schema, of one moment. Takes no lock but ACCESS SHARE on system catalogues.

    Runs in the transaction that is open, or in one of its own, where names are printed with their schemas.
    """
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:

        def rows(query: str) -> list[Row]:
            return list(cursor.execute(query.encode(), {"schema": schema}))

        (server,) = rows(queries.SERVER)
        # Expressions are printed with the schema of every name that the path does not give.
        (path,) = rows("SELECT current_setting('search_path') AS path")
        cursor.execute("SELECT set_config('search_path', quote_ident(%s), true)", (schema,))
        catalog = _catalog(schema, rows, server)
        cursor.execute("SELECT set_config('search_path', %s, true)", (path["path"],))
    return catalog


def _catalog(schema: str, rows: Any, server: Row) -> Catalog:
    relations, grants, reads = rows(queries.TABLES), rows(queries.GRANTS), rows(queries.READS)
    on = {name: _by_table(rows(query)) for name, query in _OF_TABLES.items()}
    tables = {row["name"]: _table(row, on, grants) for row in relations if row["kind"] in "rp"}
    own = [row for row in reads if row["schema"] == schema]
    views = {row["name"]: _view(row, grants, own) for row in relations if row["kind"] in "vm"}
    foreign: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in reads:
        if row["schema"] != schema:
            foreign[f"{row['schema']}.{row['view']}"].add((row["table"], row["column"]))
    return Catalog(
        schema,
        tables,
        views,
        _texts(rows(queries.SEQUENCES)),
        _texts(rows(queries.TYPES)),
        _texts(rows(queries.FUNCTIONS)),
        _grants(rows(queries.USAGE)),
        {name: frozenset(found) for name, found in foreign.items()},
        _texts(rows(queries.FOREIGN_KEYS)),
        _several(rows(queries.TYPE_USERS)),
        _server(server),
    )


_OF_TABLES: Final = {
    "columns": queries.COLUMNS,
    "constraints": queries.CONSTRAINTS,
    "indexes": queries.INDEXES,
    "triggers": queries.TRIGGERS,
    "policies": queries.POLICIES,
}


def _by_table(rows: Iterable[Row]) -> PerTable:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["table"]].append(row)
    return found


def _texts(rows: Iterable[Row]) -> dict[str, str]:
    return {row["name"]: row["text"] for row in rows}


def _several(rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row["text"])
    return {name: tuple(sorted(texts)) for name, texts in found.items()}


def _grants(rows: Iterable[Row]) -> Grants:
    return frozenset((row["role"], row["privilege"], row["grantable"]) for row in rows)


def _server(row: Row) -> Server:
    return Server(
        row["version"],
        row["database"],
        row["user"],
        row["standby"],
        row["superuser"],
        tuple(row["search_path"]),
        frozenset(row["memberships"]),
    )


def _kind(row: Row) -> Literal["plain", "partitioned", "partition", "inherited"]:
    if row["kind"] == "p":
        return "partitioned"
    if row["partition"]:
        return "partition"
    return "inherited" if row["inherits"] else "plain"


def _table(row: Row, on: Mapping[str, PerTable], grants: list[Row]) -> Table:
    name = row["name"]
    mine = [grant for grant in grants if grant["table"] == name]
    return Table(
        name,
        {each["name"]: _column(each, mine) for each in on["columns"].get(name, ())},
        _kind(row),
        {each["name"]: _constraint(each) for each in on["constraints"].get(name, ())},
        {each["name"]: _index(each) for each in on["indexes"].get(name, ())},
        {
            each["name"]: Trigger(each["name"], each["definition"], each["enabled"])
            for each in on["triggers"].get(name, ())
        },
        {each["name"]: _policy(each) for each in on["policies"].get(name, ())},
        row["owner"],
        _grants(grant for grant in mine if grant["column"] is None),
        row["comment"],
        row["row_security"],
        f"index {row['replica_index']}" if row["replica"] == "i" else _REPLICA[row["replica"]],
        row["partition_key"],
        rows=row["rows"],
        bytes=row["bytes"],
    )


def _column(row: Row, grants: list[Row]) -> Column:
    generated = row["expression"] if row["generated"] else None
    return Column(
        row["name"],
        row["type"],
        row["nullable"],
        None if row["generated"] else row["expression"],
        _IDENTITY.get(row["identity"], ""),
        generated,
        row["collation"],
        row["comment"],
        _grants(grant for grant in grants if grant["column"] == row["name"]),
        row["volatile"],
    )


def _constraint(row: Row) -> Constraint:
    return Constraint(
        row["name"],
        _KINDS[row["kind"]],
        tuple(row["columns"]),
        row["definition"],
        row["validated"],
        row["references"],
        row["comment"],
    )


def _index(row: Row) -> Index:
    return Index(
        row["name"],
        row["definition"],
        tuple(row["columns"]),
        row["unique"],
        row["valid"],
        row["constraint"],
    )


def _policy(row: Row) -> Policy:
    return Policy(row["name"], row["command"], tuple(row["roles"]), row["using"], row["check"])


def _view(row: Row, grants: list[Row], reads: list[Row]) -> View:
    mine = [grant for grant in grants if grant["table"] == row["name"] and grant["column"] is None]
    stands_on = frozenset((each["table"], each["column"]) for each in reads if each["view"] == row["name"])
    return View(
        row["name"], row["definition"], tuple(row["options"]), _grants(mine), stands_on, row["kind"] == "m"
    )
