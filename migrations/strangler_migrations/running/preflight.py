"""What only the server knows, asked before anything changes: rights, expressions, whether `down` inverts `up`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import psycopg

from strangler.errors import Refused, UsageError
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair
from strangler_migrations.plan import Plan
from strangler_migrations.running import checking
from strangler_migrations.running.session import Session
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.sync import distinct

_SAMPLE: Final = 1_000


def check(session: Session, plan: Plan, *, allow_loss: bool) -> list[str]:
    """What is noteworthy. Raises UsageError or Refused for what must not start. Changes nothing."""
    notes: list[str] = []
    _server(plan)
    with session.connection.transaction(force_rollback=True):
        session.connection.execute("SET TRANSACTION READ ONLY")
        session.connection.execute("SET LOCAL statement_timeout = '10s'")
        session.set_path()
        _rights(session, plan)
        for pair in plan.pairs:
            _expressions(session, plan, pair)
        for pair in plan.pairs:
            notes += _round_trip(session, plan, pair, allow_loss=allow_loss)
        notes += checking.beforehand(session, plan)
    return notes


def _server(plan: Plan) -> None:
    server = plan.catalog.server
    if server.standby:
        raise UsageError(
            f"{server.database} is a standby: nothing can be changed there",
            remedy="name the primary's address",
        )
    if server.version < 140000:
        raise UsageError(f"PostgreSQL {server.version // 10000} is too old", remedy="14 to 18 are known")


def _rights(session: Session, plan: Plan) -> None:
    server = plan.catalog.server
    row = session.connection.execute(
        "SELECT has_database_privilege(current_database(), 'CREATE'), has_schema_privilege(%s, 'CREATE')",
        (plan.catalog.schema,),
    ).fetchone()
    if row is None or not all(row):
        where = f"database {server.database}" if row and not row[0] else f"schema {plan.catalog.schema}"
        raise UsageError(
            f"{server.user} may not create in the {where}: no version could be published",
            remedy=f"GRANT CREATE ON {where.upper().partition(' ')[0]} … TO {ident(server.user)}",
        )
    targets = {
        t
        for steps in plan.phases.values()
        for step in steps
        if step.lock.blocks_writers
        for t in step.targets
    }
    for name in sorted(targets & plan.catalog.tables.keys()):
        owner = plan.catalog.tables[name].owner
        if owner not in server.memberships and not server.superuser:
            raise UsageError(
                f"{server.user} does not own `{name}`, {owner} does",
                remedy=f"run it as {owner}, or as a member of it",
            )


def _expressions(session: Session, plan: Plan, pair: Pair) -> None:
    """PostgreSQL parses `up` and `down` over a row of the right types; nothing is evaluated."""
    for way, text, row, type_ in (
        ("up", pair.up, pair.up_row, pair.new_type),
        ("down", pair.down, pair.down_row, pair.old_type),
    ):
        if text is None:
            continue
        columns = ", ".join(
            f"CAST(NULL AS {plan.draft.catalog.tables[pair.table].columns[column].type}) AS {ident(name)}"
            for name, column in row.items()
        )
        query = f"SELECT CAST(({text}) AS {type_}) FROM (SELECT {columns}) AS {ident(pair.table)}"
        try:
            with session.connection.transaction():
                session.connection.execute(f"PREPARE strangler_probe AS {query}".encode())
                session.connection.execute("DEALLOCATE strangler_probe")
        except psycopg.errors.UndefinedTable as error:
            if not any(f'"{name}"' in str(error) for name in plan.draft.made):
                raise _wrong(pair, way, text, error, row) from None
        except psycopg.Error as error:
            raise _wrong(pair, way, text, error, row) from None


def _wrong(pair: Pair, way: str, text: str, error: psycopg.Error, row: Mapping[str, str]) -> UsageError:
    said = error.diag.message_primary or str(error)
    return UsageError(
        f"`{way}` of `{pair.table}.{pair.name}` is no expression over a row: {said} ({text})",
        where=pair.where,
        remedy=f"columns known here: {', '.join(row)}",
    )


def _round_trip(session: Session, plan: Plan, pair: Pair, *, allow_loss: bool) -> Iterator[str]:
    """Old → new → old on a sample of rows; what a constraint makes `up` mend need not come back."""
    if pair.old is None or pair.new is None or pair.up is None or pair.down is None or pair.mends:
        return
    try:
        with session.connection.transaction():
            found = session.connection.execute(_sampled(plan.catalog, pair).encode()).fetchone()
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        raise Refused(
            f"`{pair.table}.{pair.name}` does not survive up and down: {said}",
            where=pair.where,
            remedy="some value that is there cannot be converted: let `up` say what becomes of it",
        ) from None
    if found is None or not found[1]:
        return
    seen, lost, example = found
    what = f"{lost:,} of {seen:,} sampled values of `{pair.table}.{pair.name}` do not come back, such as {example}"
    if not allow_loss:
        raise Refused(
            f"`down` does not invert `up`: {what}",
            where=pair.where,
            remedy="mend them, or say --allow-loss: then rows that the new version writes change in the old form",
        )
    yield f"`down` loses information, and a rollback would not restore it: {what}"


def _sampled(catalog: Catalog, pair: Pair) -> str:
    """How many of a sample, how many lost, one of them. `down` is asked twice: a random one says nothing."""
    known = catalog.tables[pair.table].columns
    old, table = ident(pair.old or ""), ident(pair.table)
    up_row = ", ".join(
        f"r.{ident(column)} AS {ident(name)}" for name, column in pair.up_row.items() if column in known
    )
    down_row = ", ".join(
        f"{'u.n' if name == pair.name else f'u.{ident(column)}'} AS {ident(name)}"
        for name, column in pair.down_row.items()
        if name == pair.name or column in known
    )
    down = f"(SELECT CAST(({pair.down}) AS {pair.old_type}) FROM (SELECT {down_row}) AS {table})"
    up = f"(SELECT CAST(({pair.up}) AS {pair.new_type}) FROM (SELECT {up_row}) AS {table})"
    return (
        f"SELECT count(*), count(*) FILTER (WHERE lost), min(shown) FILTER (WHERE lost) FROM ("
        f" SELECT was::text || ' → ' || COALESCE(n::text, 'NULL') || ' → ' || COALESCE(d1::text, 'NULL') AS shown,"
        f" {distinct('was', 'd1', pair.old_type)} AND d1::text IS NOT DISTINCT FROM d2::text AS lost"
        f" FROM (SELECT u.{old} AS was, u.n, {down} AS d1, {down} AS d2"
        f" FROM (SELECT r.*, {up} AS n FROM {qualified(catalog.schema, pair.table)} AS r LIMIT {_SAMPLE}) AS u) AS d"
        f") AS s"
    )
