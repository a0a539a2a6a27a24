"""Compare both forms of every row, in one snapshot, and keep what came of it.

In the grace time these are the new columns and the old ones that are fed: what a rollback would give back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from strangler.canonical import digest
from strangler.errors import Refused
from strangler_migrations.checks import Answer
from strangler_migrations.contract.model import Proof
from strangler_migrations.running import checking, store
from strangler_migrations.running.checking import Checked
from strangler_migrations.running.session import Connection, Session, refusals
from strangler_migrations.running.states import State
from strangler_migrations.running.store import Record
from strangler_migrations.statement import Phase

type Counts = tuple[str, int, int, int, str]
"""What was compared, its rows, those without a second form, those that disagree, one of these."""


def prove(session: Session, record: Record) -> Proof:
    """A scan of each table that has two forms; writers go on. Raises MigrationFailed where an expression fails."""
    connection, contracted = session.connection, record.state is State.CONTRACTED
    with refusals("comparing both forms"):
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            session.set_path()
            row = connection.execute("SELECT now()").fetchone()
            assert row is not None
            found = list(_agreements(connection, record, contracted=contracted))
            asked = checking.compared(session, record, Phase.DROP if contracted else Phase.COMPLETE)
        found += [_counted(each, answer) for each, answer in asked]
        checking.keep(session, record, asked)
        return _kept(connection, record, row[0], found)


def proof(connection: Connection, name: str) -> Proof | None:
    """The latest one."""
    row = connection.execute(
        "SELECT at, rows, apart, example, digest FROM strangler.parity WHERE migration = %s", (name,)
    ).fetchone()
    return None if row is None else _proof(*row)


def refuse_loss(name: str, found: Proof) -> None:
    """Raise Refused where the old columns that a rollback gives back are not what the new ones say."""
    if found.apart:
        raise Refused(
            f"{name} would give {found.apart:,} of {found.rows:,} rows back with other values than they have now,"
            f" such as {found.example}",
            remedy="mend these rows first; `--allow-loss` takes it back as it is",
        )


def _agreements(connection: Connection, record: Record, *, contracted: bool) -> Iterable[Counts]:
    for each in store.agreements(connection, record.name, contracted=contracted):
        counted = connection.execute(each.sql.encode()).fetchone()
        rows, alone, apart, place = counted or (0, 0, 0, None)
        yield each.table, rows, alone, apart, f"{each.table} {place}" if place else ""


def _counted(asked: Checked, answer: Answer) -> Counts:
    """A check's findings in the same form."""
    stopping = answer.stopping(asked.check)
    rows = sum(each.rows for each in answer.findings)
    sample = next((text for each in stopping for text in each.samples), "")
    apart = sum(each.rows for each in stopping)
    return asked.check.name, rows, 0, apart, f"{asked.check.name}: {sample}" if sample else ""


def _kept(connection: Connection, record: Record, at: datetime, found: list[Counts]) -> Proof:
    rows = sum(each[1] for each in found)
    wrong = sum(alone + apart for _, _, alone, apart, _ in found)
    example = next((example for *_, example in found if example), "")
    about = digest([record.name, record.digest, at.isoformat(), [list(each) for each in found]])
    connection.execute(
        "INSERT INTO strangler.parity VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (migration) DO UPDATE SET"
        " at = excluded.at, rows = excluded.rows, apart = excluded.apart, example = excluded.example,"
        " digest = excluded.digest",
        (record.name, at, rows, wrong, example, about),
    )
    return _proof(at, rows, wrong, example, about)


def _proof(at: datetime, rows: int, apart: int, example: str, about: str) -> Proof:
    return Proof("different" if apart else "equal", at, rows, apart, example, about)
