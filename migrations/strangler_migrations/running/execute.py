"""Run the statements of a phase, or undo them: each unit in one transaction with its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from strangler.errors import Refused
from strangler_migrations.running import store
from strangler_migrations.running.lease import Lease
from strangler_migrations.running.locking import patiently
from strangler_migrations.running.session import Session, path_set, refusals
from strangler_migrations.running.store import Step
from strangler_migrations.sql.names import qualified


def run(session: Session, lease: Lease, name: str, steps: Iterable[Step]) -> None:
    """Run those that are not done, in order."""
    for unit in units(step for step in steps if not step.done):
        if unit[0].statement.transactional:
            _together(session, lease, name, unit)
        else:
            _alone(session, lease, name, unit[0])


def check_undo(session: Session, name: str, steps: Iterable[Step]) -> None:
    """Raise Refused where what ran cannot be undone."""
    for step in steps:
        if step.done and step.statement.guard:
            _guarded(session, name, step.statement.guard)
        if (step.done or step.begun) and step.statement.undo is None:
            raise Refused(
                f"there is no way back: nothing undoes {step.statement.sql.partition(chr(10))[0]!r}",
                where=name,
                remedy="undo it by hand and write its `down` into the file before it is started again",
            )


def _guarded(session: Session, name: str, guard: str) -> None:
    with refusals(guard):
        row = session.connection.execute(guard.encode()).fetchone()
    if row is not None:
        raise Refused(
            f"there is no way back: {row[0]}",
            where=name,
            remedy="remove what the old form cannot hold, or go on with `drop`",
        )


def undo(session: Session, lease: Lease, name: str, steps: Sequence[Step]) -> None:
    """Undo those that ran, the last first; `check_undo` has passed them."""
    for unit in units(step for step in reversed(steps) if step.done or step.begun):
        if unit[0].statement.transactional:
            _undone(session, lease, name, unit)
        else:
            _undone_alone(session, lease, name, unit[0])


def units(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Steps that share a transaction: neighbours of one phase and unit."""

    def key(step: Step) -> tuple[str, str]:
        return step.phase, step.statement.unit or str(step.number)

    for _, found in groupby(steps, key):
        yield tuple(found)


def _together(session: Session, lease: Lease, name: str, unit: tuple[Step, ...]) -> None:
    def attempt(timeout_ms: int) -> None:
        with session.connection.transaction():
            _limited(session, lease, timeout_ms)
            for step in unit:
                with refusals(step.statement.sql.partition("\n")[0]):
                    session.connection.execute(step.statement.sql.encode())
            store.mark(session.connection, name, [step.number for step in unit], begun=True, done=True)

    patiently(session, tuple(step.statement for step in unit), attempt)


def _undone(session: Session, lease: Lease, name: str, unit: tuple[Step, ...]) -> None:
    def attempt(timeout_ms: int) -> None:
        with session.connection.transaction():
            _limited(session, lease, timeout_ms)
            for step in unit:
                for sql in step.statement.undo or ():
                    session.connection.execute(sql.encode())
            store.mark(session.connection, name, [step.number for step in unit], begun=False, done=False)

    patiently(session, tuple(step.statement for step in unit), attempt, undoing=True)


def _limited(session: Session, lease: Lease, timeout_ms: int) -> None:
    session.connection.execute(f"SET LOCAL lock_timeout = {timeout_ms}".encode())
    lease.extend(session)
    session.set_path()


def _alone(session: Session, lease: Lease, name: str, step: Step) -> None:
    """Outside of any transaction: an index that is built CONCURRENTLY. What is left of a broken one goes first.

    No lock_timeout: it would only kill a build that lets everybody pass, and leave an invalid index behind.
    """
    statement = step.statement
    with session.connection.transaction():
        lease.extend(session)
        store.mark(session.connection, name, [step.number], begun=True, done=False)
    session.connection.execute("SET lock_timeout = 0")
    if statement.index is not None and (valid := _valid(session, statement.index)) is not None:
        if valid:
            store.mark(session.connection, name, [step.number], begun=True, done=True)
            return
        session.tell(f"the index {statement.index} is left of a build that broke: dropped, and built anew")
        _dropped(session, statement.index)
    with refusals(statement.sql), path_set(session):
        try:
            session.connection.execute(statement.sql.encode())
        except BaseException:
            # A build that failed (two rows share a value) leaves an invalid index that costs every write.
            if statement.index is not None and not session.connection.broken:
                _dropped(session, statement.index)
            raise
    store.mark(session.connection, name, [step.number], begun=True, done=True)


def _undone_alone(session: Session, lease: Lease, name: str, step: Step) -> None:
    with session.connection.transaction():
        lease.extend(session)
    session.connection.execute("SET lock_timeout = 0")
    for sql in step.statement.undo or ():
        with refusals(sql):
            session.connection.execute(sql.encode())
    store.mark(session.connection, name, [step.number], begun=False, done=False)


def _valid(session: Session, index: str) -> bool | None:
    row = session.connection.execute(
        "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
        (session.schema, index),
    ).fetchone()
    return None if row is None else bool(row[0])


def _dropped(session: Session, index: str) -> None:
    session.connection.execute(
        f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(session.schema, index)}".encode()
    )
