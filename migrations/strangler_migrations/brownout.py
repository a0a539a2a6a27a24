"""The old form withdrawn for some minutes, to see who cries out before the contract does it for good.

It ends by itself, whatever becomes of the command, of its machine or of the server: the views and triggers compare the
server's clock with a moment that is written into them. What is put back afterwards only takes the comparison away.

A refused statement leaves a mark that its rollback cannot take back: the next value of a sequence, and a lock of its
session (read-only transactions leave the lock alone). A crash of the server may make the count larger, never smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from strangler.errors import Conflict, Refused
from strangler_migrations import marks
from strangler_migrations.readers.model import OldForm
from strangler_migrations.readers.standing import old_form
from strangler_migrations.running import store
from strangler_migrations.running.lease import held
from strangler_migrations.running.locking import patiently
from strangler_migrations.running.session import Connection, Session, refusals
from strangler_migrations.running.states import NEXT, State
from strangler_migrations.running.store import Record
from strangler_migrations.sql.names import literal, qualified
from strangler_migrations.statement import Lock, Phase, Statement

_COLUMNS: Final = "began, until, ended, actor, reason, refused"
# Read the same by every session, whatever its zone and its style of dates.
_ISO: Final = """to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_VIEWS: Final = """
SELECT c.relname::text, pg_catalog.pg_get_viewdef(c.oid), 'security_invoker=true' = ANY (COALESCE(c.reloptions, '{}'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'v' ORDER BY 1
"""


type View = tuple[str | None, str]
"""Its name, and what makes it as it is; no name: a function."""


@dataclass(frozen=True, slots=True)
class Brownout:
    """One of a migration. `ended`: when it was put back, None: not yet; `refused`: statements that came meanwhile."""

    began: datetime
    until: datetime
    ended: datetime | None
    actor: str
    reason: str
    refused: int

    def over(self, now: datetime) -> bool:
        """Whether it has ended, put back or not."""
        return self.ended is not None or self.until <= now


def begin(session: Session, record: Record, seconds: int, reason: str) -> Brownout:
    """Withdraw the old form for so long; the command need not stay.

    Raises Refused where nothing can be withdrawn (readers of tables cannot be kept out of them), Conflict while one is
    at work.
    """
    settle(session, record)
    with held(session) as lease:
        form = _withdrawable(session, record)
        views, functions = _views(session.connection, form), _functions(session.connection, record)
        if not views and not functions:
            raise Refused(
                f"{record.name} has no old version's views, and no triggers: nothing can be withdrawn",
                remedy="`strangler migrate readers` says what is known",
            )

        def attempt(timeout_ms: int) -> None:
            with session.connection.transaction():
                session.connection.execute(f"SET LOCAL lock_timeout = {timeout_ms}".encode())
                lease.extend(session)
                until = _noted(
                    session, record, seconds, reason, (*views, *((None, sql) for sql in functions))
                )
                _run(
                    session.connection,
                    (*_withdrawn(views, form, until), *_withdrawing(functions, record, until)),
                )

        patiently(replace(session, schema=form.previous or form.schema), _locks(views), attempt)
    found = latest(session.connection, record.name)
    assert found is not None
    return found


def _withdrawable(session: Session, record: Record) -> OldForm:
    if record.state is not State.VERIFIED:
        raise Refused(
            f"{record.name} is {record.state}: a brownout comes before `complete`", remedy=NEXT[record.state]
        )
    if (last := latest(session.connection, record.name)) is not None and last.ended is None:
        raise Conflict(f"a brownout is at work until {last.until:%H:%M:%S}", remedy="--lift ends it")
    return old_form(session.connection, record)


def _noted(session: Session, record: Record, seconds: int, reason: str, made: Sequence[View]) -> str:
    """When it will be over, as SQL reads it."""
    row = session.connection.execute(
        "INSERT INTO strangler.brownouts (migration, began, until, actor, reason, first, definitions)"
        " SELECT %s, clock_timestamp(), clock_timestamp() + make_interval(secs => %s), %s, %s, last_value,"
        f" %s::jsonb FROM strangler.refused RETURNING {_ISO}".encode(),
        (record.name, seconds, session.actor, reason, msgspec.json.encode(made).decode()),
    ).fetchone()
    assert row is not None
    store.note(session.connection, record.name, "brownout", session.actor, f"until {row[0]}: {reason}")
    return str(row[0])


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for sql in statements:
        with refusals(sql.partition("\n")[0]):
            connection.execute(sql.encode())


def lift(session: Session, record: Record) -> Brownout | None:
    """Put back what is withdrawn, over or not; None where there never was one."""
    connection = session.connection
    row = connection.execute(
        "SELECT number, definitions FROM strangler.brownouts WHERE migration = %s AND ended IS NULL",
        (record.name,),
    ).fetchone()
    if row is not None:
        number, definitions = row
        with held(session) as lease:

            def attempt(timeout_ms: int) -> None:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = {timeout_ms}".encode())
                    lease.extend(session)
                    ended = connection.execute(
                        "UPDATE strangler.brownouts SET ended = least(until, clock_timestamp()), refused = greatest(0,"
                        " (SELECT last_value FROM strangler.refused) - first) WHERE number = %s AND ended IS NULL",
                        (number,),
                    )
                    if ended.rowcount:
                        _run(connection, (sql for _, sql in definitions))

            patiently(replace(session, schema=record.previous or record.base), _locks(definitions), attempt)
    return latest(connection, record.name)


def settle(session: Session, record: Record) -> Brownout | None:
    """Put back what is over and was not put back: its command was killed. The latest, as it stands."""
    found = latest(session.connection, record.name)
    if found is not None and found.ended is None:
        row = session.connection.execute("SELECT clock_timestamp() > %s", (found.until,)).fetchone()
        if row and row[0]:
            return lift(session, record)
    return found


def settled(session: Session, record: Record) -> Brownout | None:
    """The same for who only looks: nothing is waited for, the next look may do it."""
    try:
        return settle(replace(session, limits=replace(session.limits, lock_bound_s=0)), record)
    except (Conflict, Refused):
        return latest(session.connection, record.name)


def latest(connection: Connection, migration: str) -> Brownout | None:
    """The latest of a migration, with what was refused so far."""
    row = connection.execute(
        f"SELECT {_COLUMNS.replace('refused', 'COALESCE(refused, (SELECT last_value FROM strangler.refused) - first)')}"
        " FROM strangler.brownouts WHERE migration = %s ORDER BY number DESC LIMIT 1".encode(),
        (migration,),
    ).fetchone()
    return None if row is None else Brownout(*row)


def _views(connection: Connection, form: OldForm) -> tuple[View, ...]:
    """The old version's. Their WHERE is the last thing in them."""
    with connection.transaction():
        # So every name is printed with its schema, and means the same to whoever puts it back.
        connection.execute("SET LOCAL search_path = pg_catalog")
        rows = connection.execute(_VIEWS, (form.previous,)).fetchall() if form.previous else []
    return tuple(
        (name, _made(qualified(form.previous or "", name), query, invoker=invoker))
        for name, query, invoker in rows
    )


def _made(view: str, query: str, *, invoker: bool) -> str:
    options = " WITH (security_invoker = true)" if invoker else ""
    return f"CREATE OR REPLACE VIEW {view}{options} AS\n{query.strip().removesuffix(';')}"


def _withdrawn(views: tuple[View, ...], form: OldForm, until: str) -> tuple[str, ...]:
    check = f"strangler.withdrawn({literal(form.previous)}, {literal(until)}::timestamptz)"
    return tuple(f"{sql}\n  AND (SELECT {check})" for _, sql in views)


def _functions(connection: Connection, record: Record) -> tuple[str, ...]:
    """What makes the functions of the triggers as they are."""
    steps = store.steps(connection, record.name, Phase.START)
    return tuple(step.statement.sql for step in steps if marks.WRITES in step.statement.sql)


def _withdrawing(functions: tuple[str, ...], record: Record, until: str) -> tuple[str, ...]:
    old = literal(record.previous or record.base)
    check = f"    PERFORM strangler.withdrawn({old}, {literal(until)}::timestamptz);"
    return tuple(each.replace(marks.WRITES, check) for each in functions)


def _locks(made: Iterable[View]) -> tuple[Statement, ...]:
    """A view that is replaced waits for those who read it; tables are not locked."""
    views = tuple(name for name, _ in made if name is not None)
    return (Statement("brownout", Lock.ACCESS_EXCLUSIVE if views else Lock.NONE, views),)
