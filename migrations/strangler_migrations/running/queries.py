"""Whether PostgreSQL can read the queries of a migration's checks, before the version that they ask is there."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from strangler.errors import UsageError
from strangler_migrations.checks import Check
from strangler_migrations.plan import Plan
from strangler_migrations.running.session import Session
from strangler_migrations.sql.names import ident


def queries(session: Session, plan: Plan) -> None:
    """Parse them, evaluating nothing; in a transaction that is open. Raises UsageError for what is no query."""
    for check in plan.checks:
        for version, query in check.views.values():
            _parsed(session, plan, check, version, query)


def _parsed(session: Session, plan: Plan, check: Check, version: str, query: str) -> None:
    whole = f"SELECT * FROM ({query}\n) AS _strangler_query"
    try:
        with session.connection.transaction():
            if version == "old" and plan.previous is not None:
                path = f"{ident(plan.previous)}, {ident(plan.catalog.schema)}"
                session.connection.execute("SELECT set_config('search_path', %s, true)", (path,))
            text = whole if version == "old" else f"WITH {_shown(plan)} {whole}"
            session.connection.execute(f"PREPARE strangler_probe AS {text}".encode())
            session.connection.execute("DEALLOCATE strangler_probe")
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        if plan.version in said:
            return  # it names the version's schema, which is yet to be made
        raise UsageError(
            f"`{check.name}`: PostgreSQL cannot read this query in the {version} version: {said} ({query})",
            where=check.where,
            remedy=f"the new version's tables are {', '.join(sorted(plan.draft.shown))}",
        ) from None


def _shown(plan: Plan) -> str:
    """The tables of the new version, empty, as a WITH clause has them."""
    return ", ".join(
        f"{ident(name)} AS (SELECT {_row(plan, shown.table, shown.columns)} WHERE false)"
        for name, shown in plan.draft.shown.items()
    )


def _row(plan: Plan, table: str, columns: Mapping[str, str]) -> str:
    known_ = plan.draft.catalog.tables[table].columns
    return ", ".join(
        f"CAST(NULL AS {known(plan, known_[column].type)}) AS {ident(name)}"
        for name, column in columns.items()
    )


def known(plan: Plan, type_: str) -> str:
    """A type that is there already; one that is yet to be made reads and writes texts."""
    return "text" if type_ in plan.draft.made_types else type_
