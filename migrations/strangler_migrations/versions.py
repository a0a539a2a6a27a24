"""A version: a schema of updatable views, through which a client sees the tables as its version knows them.

A client names it in its search_path: `SET search_path = public_02_amounts, public`. The views have the rights of those
who ask (`security_invoker`), where the server knows that; what could be done with a table can be done with its view.
"""

from __future__ import annotations

from collections.abc import Iterator

from strangler.errors import UsageError
from strangler_migrations import marks
from strangler_migrations.catalog.model import Catalog, Grants, Table
from strangler_migrations.draft import Shown
from strangler_migrations.sql.names import MAX_BYTES, ident, qualified
from strangler_migrations.statement import Lock, Statement

SECURITY_INVOKER = 150000
_ON_VIEWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


def schema_name(base: str, version: str) -> str:
    """The schema of a version. Raises UsageError for a name that PostgreSQL would cut."""
    name = f"{base}_{version}"
    if (size := len(name.encode())) > MAX_BYTES:
        raise UsageError(
            f"the version's schema `{name}` would have {size} bytes, PostgreSQL takes {MAX_BYTES}",
            remedy="a shorter file name, or `version_schema: …` in the file",
        )
    return name


def published(
    catalog: Catalog, shown: dict[str, Shown], schema: str, unit: str = "version"
) -> Iterator[Statement]:
    """The statements that make a version, in one transaction. `shown`: its tables by name."""
    name = ident(schema)
    yield Statement(f"CREATE SCHEMA {name}", undo=(f"DROP SCHEMA IF EXISTS {name} CASCADE",), unit=unit)
    for role, privilege, grantable in sorted(catalog.usage):
        if privilege == "USAGE":
            yield _granted("USAGE", f"SCHEMA {name}", role, unit, grantable=grantable)
    invoker = " WITH (security_invoker = true)" if catalog.server.version >= SECURITY_INVOKER else ""
    for table_name, each in sorted(shown.items()):
        yield from _view(catalog, each, schema, table_name, invoker, unit)


def _view(
    catalog: Catalog, shown: Shown, schema: str, name: str, invoker: str, unit: str
) -> Iterator[Statement]:
    table, view = catalog.tables[shown.table], qualified(schema, name)
    if table.row_security and not invoker:
        raise UsageError(
            f"`{table.name}` has row security, which a view would pass by: before PostgreSQL 15 a view reads with the"
            " rights of its owner",
            remedy="upgrade the server to 15 or later first",
        )
    columns = ", ".join(
        ident(column) if column == shown_as else f"{ident(column)} AS {ident(shown_as)}"
        for shown_as, column in shown.columns.items()
    )
    yield Statement(
        f"CREATE VIEW {view}{invoker} AS SELECT {columns} FROM {qualified(catalog.schema, table.name)}"
        f" WHERE {marks.reader(schema)}",
        Lock.ACCESS_SHARE,
        (table.name,),
        unit=unit,
    )
    for column, default in shown.defaults.items():
        yield Statement(f"ALTER VIEW {view} ALTER COLUMN {ident(column)} SET DEFAULT {default}", unit=unit)
    yield from _rights(table, shown, view, unit)


def _rights(table: Table, shown: Shown, view: str, unit: str) -> Iterator[Statement]:
    for role, privilege, grantable in _sorted(table.grants):
        yield _granted(privilege, view, role, unit, grantable=grantable)
    for name, column in shown.columns.items():
        known = table.columns.get(column)
        for role, privilege, grantable in _sorted(known.grants if known else frozenset()):
            yield _granted(f"{privilege} ({ident(name)})", view, role, unit, grantable=grantable)


def _sorted(grants: Grants) -> list[tuple[str, str, bool]]:
    return sorted(grant for grant in grants if grant[1] in _ON_VIEWS)


def _granted(what: str, on: str, role: str, unit: str, *, grantable: bool) -> Statement:
    to = "PUBLIC" if role == "public" else ident(role)
    return Statement(f"GRANT {what} ON {on} TO {to}{' WITH GRANT OPTION' if grantable else ''}", unit=unit)
