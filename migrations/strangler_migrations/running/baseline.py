"""A database that is there becomes version zero: a schema of views over its tables as they are, under a name.

Clients that move to it are known from then on: their sessions are marked, where those of the tables are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from strangler.errors import Refused, UsageError
from strangler_migrations.migration import Loaded
from strangler_migrations.running import lifecycle, preflight, store
from strangler_migrations.running.lease import held
from strangler_migrations.running.locking import patiently
from strangler_migrations.running.session import Session, refusals
from strangler_migrations.running.states import State
from strangler_migrations.running.store import Record
from strangler_migrations.statement import Phase


def baseline(session: Session, name: str) -> Record:
    """Publish it, in one transaction: interrupted, nothing is there. Changes no table.

    Raises UsageError and Refused before anything is changed: migrations are there, pgroll has one under way, a name
    that is taken or too long.
    """
    _nothing_yet(session)
    for told in pgroll(session):
        session.tell(told)
    migration = Loaded(name, name, (), "", (), "")
    prepared = lifecycle.planned(session, migration)
    preflight.check(session, prepared, allow_loss=True)
    _free(session, prepared.version)
    store.prepare(session.connection)
    statements = prepared.phases[Phase.START]
    with held(session) as lease:
        _nothing_yet(session)

        def attempt(timeout_ms: int) -> None:
            with session.connection.transaction():
                session.connection.execute(f"SET LOCAL lock_timeout = {timeout_ms}".encode())
                lease.extend(session)
                store.add(session.connection, migration, prepared, session.actor)
                for each in statements:
                    with refusals(each.sql):
                        session.connection.execute(each.sql.encode())
                numbers = [step.number for step in store.steps(session.connection, name)]
                store.mark(session.connection, name, numbers, begun=True, done=True)
                store.move(session.connection, name, State.DROPPED, session.actor, "baseline")

        patiently(session, statements, attempt)
    return lifecycle.get(session, name)


def _nothing_yet(session: Session) -> None:
    known = [each for each in store.migrations(session.connection) if each.state is not State.ROLLED_BACK]
    if known:
        raise Refused(
            f"{known[0].name} is {known[0].state}: this database has versions already",
            remedy="a baseline comes before the first migration",
        )


def _free(session: Session, version: str) -> None:
    if _is_schema(session, version):
        raise UsageError(f"there is a schema `{version}` already", remedy="give the baseline another name")


def pgroll(session: Session) -> Iterator[str]:
    """What pgroll left in the database, in sentences. Raises Refused while it has a migration under way."""
    there = session.connection.execute("SELECT to_regclass('pgroll.migrations') IS NOT NULL").fetchone()
    if not there or not there[0]:
        return
    with refusals("reading pgroll's state"):
        rows = session.connection.execute(
            "SELECT name::text, done FROM pgroll.migrations WHERE schema = %s ORDER BY created_at, done DESC",
            (session.schema,),
        ).fetchall()
    for name, done in rows:
        if not done:
            raise Refused(
                f"pgroll has `{name}` under way here",
                remedy="end it first: `pgroll complete`, or `pgroll rollback`",
            )
    if rows:
        latest, version = rows[-1][0], f"{session.schema}_{rows[-1][0]}"
        yield f"pgroll has brought `{session.schema}` to `{latest}`, {len(rows)} migrations; they are not run again"
        if _is_schema(session, version):
            yield (
                f"its views in `{version}` go on working; a column that they read gets no second form here until"
                " nobody uses them and they are dropped"
            )
    triggers = session.connection.execute(
        "SELECT count(*) FROM pg_catalog.pg_event_trigger WHERE evtname LIKE 'pg_roll_handle_%'"
    ).fetchone()
    if triggers and triggers[0]:
        yield "its event triggers note every change of the schema in `pgroll.migrations`: do not use both from here on"


def _is_schema(session: Session, name: str) -> bool:
    row = session.connection.execute(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s)", (name,)
    ).fetchone()
    return bool(row and row[0])
