"""What only the server knows, asked before anything changes: rights, expressions, whether `down` inverts `up`."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from strangler.errors import UsageError
from strangler_migrations.draft import Pair, grouped
from strangler_migrations.plan import Plan
from strangler_migrations.running import checking
from strangler_migrations.running.inverse import round_trip, unsteady
from strangler_migrations.running.queries import known, queries
from strangler_migrations.running.session import Session
from strangler_migrations.sql.names import ident


def check(session: Session, plan: Plan, *, allow_loss: bool) -> list[str]:
    """What is noteworthy. Raises UsageError or Refused for what must not start. Changes nothing."""
    notes: list[str] = []
    _server(session, plan)
    with session.connection.transaction(force_rollback=True):
        session.connection.execute("SET TRANSACTION READ ONLY")
        session.connection.execute("SET LOCAL statement_timeout = '10s'")
        session.set_path()
        _rights(session, plan)
        for pair in plan.pairs:
            _expressions(session, plan, pair)
        queries(session, plan)
        for pairs in grouped(plan.pairs):
            notes += round_trip(session, plan, pairs, allow_loss=allow_loss)
            notes += unsteady(session, plan, pairs)
        notes += checking.beforehand(session, plan)
    return notes


def _server(session: Session, plan: Plan) -> None:
    server = plan.catalog.server
    if server.standby:
        raise UsageError(
            f"{server.database} is a standby: nothing can be changed there",
            remedy="name the primary's address",
        )
    row = session.connection.execute("SHOW default_transaction_read_only").fetchone()
    if row is not None and row[0] == "on":
        raise UsageError(
            f"transactions of {server.user} in {server.database} are read-only (default_transaction_read_only)",
            remedy="run it as a role that may write",
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
            f"CAST(NULL AS {known(plan, plan.draft.catalog.tables[pair.table].columns[column].type)}) AS {ident(name)}"
            for name, column in row.items()
        )
        query = (
            f"SELECT CAST(({text}) AS {known(plan, type_)}) FROM (SELECT {columns}) AS {ident(pair.table)}"
        )
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
