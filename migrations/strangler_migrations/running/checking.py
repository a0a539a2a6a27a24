"""Ask the rows what a migration has to know of them, keep what they answered, and stop where it must not go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg

from strangler.errors import Refused
from strangler_migrations.checks import Answer, Check, Finding, said
from strangler_migrations.plan import Plan
from strangler_migrations.running.lease import Lease
from strangler_migrations.running.session import Connection, Session, refusals
from strangler_migrations.running.store import Record
from strangler_migrations.sql.names import ident
from strangler_migrations.statement import Phase


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of a migration, and what came of it last; None: it was not asked yet."""

    number: int
    check: Check
    answer: Answer | None
    at: datetime | None


def put(connection: Connection, plan: Plan) -> None:
    """Record the checks of a migration that is about to start."""
    for number, check in enumerate(plan.checks):
        connection.execute(
            "INSERT INTO strangler.checks (migration, number, body) VALUES (%s, %s, %s::jsonb)",
            (plan.name, number, msgspec.json.encode(check).decode()),
        )


def recorded(connection: Connection, name: str) -> list[Checked]:
    """A migration's checks in order."""
    found = connection.execute(
        "SELECT number, body::text, answer::text, at FROM strangler.checks WHERE migration = %s ORDER BY number",
        (name,),
    ).fetchall()
    decode = msgspec.json.decode
    return [
        Checked(number, decode(body, type=Check), None if text is None else decode(text, type=Answer), at)
        for number, body, text, at in found
    ]


def beforehand(session: Session, plan: Plan) -> Iterator[str]:
    """What the rows say before anything starts. Raises Refused when it must not. In a transaction that is open."""
    for check, answer in sampled(session, plan):
        part = "a sample of the rows" if check.partial else "the rows"
        if answer is None:
            yield f"{check.name}: not counted beforehand, it took too long"
            continue
        _stopped(check, answer, f"before the start, on {part}")
        yield from (f"on {part}: {each}" for each in said(check, answer))


def looked(session: Session, plan: Plan, timeout_s: int = 3) -> list[tuple[Check, Answer | None]]:
    """What the rows say now, for a plan. Reads only, each question for so long at most."""
    with session.connection.transaction(force_rollback=True):
        session.connection.execute("SET TRANSACTION READ ONLY")
        session.connection.execute(f"SET LOCAL statement_timeout = '{timeout_s}s'".encode())
        session.set_path()
        return list(sampled(session, plan))


def sampled(session: Session, plan: Plan) -> Iterator[tuple[Check, Answer | None]]:
    """The checks that can be asked beforehand, and the answers; None: it took too long."""
    for check in plan.checks:
        if check.sample is None:
            continue
        try:
            with session.connection.transaction():
                yield check, _asked(session, check, check.sample)
        except psycopg.errors.QueryCanceled:
            yield check, None


def whole(session: Session, lease: Lease, record: Record, phase: Phase) -> None:
    """Ask all rows, at the end of `verify` and before `complete`. Raises Refused when it must not go on."""
    for each in _of(session, record, phase):
        check = each.check
        with refusals(check.name), session.connection.transaction():
            lease.extend(session)
            session.set_path()
            answer = _answered(session, record, check)
            keep(session, record, [(each, answer)])
        for sentence in said(check, answer):
            session.tell(sentence)
        _stopped(check, answer, f"{record.name} does not go on")


def compared(session: Session, record: Record, phase: Phase) -> list[tuple[Checked, Answer]]:
    """What is asked of all rows in a phase, asked in the transaction that is open; `keep` keeps it."""
    return [(each, _answered(session, record, each.check)) for each in _of(session, record, phase)]


def keep(session: Session, record: Record, found: Iterable[tuple[Checked, Answer]]) -> None:
    """Keep what came out with the migration."""
    for each, answer in found:
        session.connection.execute(
            "UPDATE strangler.checks SET answer = %s::jsonb, at = clock_timestamp()"
            " WHERE migration = %s AND number = %s",
            (msgspec.json.encode(answer).decode(), record.name, each.number),
        )


def _of(session: Session, record: Record, phase: Phase) -> list[Checked]:
    return [each for each in recorded(session.connection, record.name) if phase in each.check.phases]


def _answered(session: Session, record: Record, check: Check) -> Answer:
    with session.connection.transaction(force_rollback=True):
        _viewed(session, check, record)
        return _asked(session, check, check.rows)


def _viewed(session: Session, check: Check, record: Record) -> None:
    """The queries that a check compares, each read as its version reads it: a view binds its names when it is made."""
    for name, (version, query) in check.views.items():
        schema = record.version if version == "new" else record.previous or record.base
        path = f"{ident(schema)}, {ident(record.base)}"
        session.connection.execute("SELECT set_config('search_path', %s, true)", (path,))
        session.connection.execute(f"CREATE TEMPORARY VIEW {ident(name)} AS {query}".encode())


def _asked(session: Session, check: Check, rows: str) -> Answer:
    counts = session.connection.execute(check.counted(rows).encode()).fetchall()
    return Answer(tuple(_finding(session, check, rows, finding, count) for finding, count in counts))


def _finding(session: Session, check: Check, rows: str, finding: str, count: int) -> Finding:
    if finding not in check.words or finding == "null":
        return Finding(finding, count)
    shown = session.connection.execute(check.shown(rows).encode(), (finding,)).fetchall()
    return Finding(finding, count, tuple(str(each) for (each,) in shown))


def _stopped(check: Check, answer: Answer, when: str) -> None:
    if found := answer.stopping(check):
        words = "; ".join(said(check, Answer(found)))
        raise Refused(f"{words}: {when}", where=check.where, remedy=check.remedy)
