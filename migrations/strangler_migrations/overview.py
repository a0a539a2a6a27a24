"""Every migration as it stands, for who only looks from outside: read only, nobody is waited for, nothing is locked.

The looks at who uses the old form are others' (`serve`, the commands): they write down what they see, this reads it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from strangler_migrations.brownout import Brownout, latest
from strangler_migrations.contract import Proof, proof
from strangler_migrations.contract.asked import begun
from strangler_migrations.readers import Standing, remembered
from strangler_migrations.readers.standing import BOTH
from strangler_migrations.running import pausing, store
from strangler_migrations.running.checking import Checked, recorded
from strangler_migrations.running.obstacles import Obstacle, obstacles
from strangler_migrations.running.pausing import Pause
from strangler_migrations.running.session import Connection, Session, connected, refusals
from strangler_migrations.running.states import OVER
from strangler_migrations.running.store import Event, Progress, Record
from strangler_migrations.running.tables import LATEST

APPLICATION: Final = "strangler dashboard"
MOST: Final = 20
"""So many migrations are read in full, the latest."""
_EVENTS: Final = 200
_RECENT: Final = timedelta(seconds=60)
"""A rate is that of the last minute."""
_PATIENT: Final = timedelta(seconds=60)
_GENTLE: Final = (
    "SET default_transaction_read_only = on",
    "SET statement_timeout = '2s'",
    "SET lock_timeout = '100ms'",
    "SET idle_in_transaction_session_timeout = '10s'",
)
_ESTIMATE: Final = """
SELECT c.reltuples::bigint FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%s) AND c.reltuples >= 0
"""
_WHO: Final = """
SELECT COALESCE((SELECT holder FROM strangler.lease WHERE expires_at > clock_timestamp()), ''), clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Fill:
    """How far one table is. `total`: rows, the server's estimate; `rate`: rows a second of the last minute, and
    `left_s`: seconds at that rate, both None where nothing is filled now. `paces`: rows by time, every few seconds.
    """

    progress: Progress
    total: int | None
    rate: int | None
    left_s: int | None
    paces: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A statement that had to wait for somebody's lock. `going`: it waits still."""

    what: str
    whom: str
    began: datetime
    latest: datetime
    attempts: int
    going: bool


@dataclass(frozen=True, slots=True)
class Phases:
    """Statements of a phase: those done, and all."""

    phase: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Known:
    """One migration. `standing`: who uses the old form, while both forms are there; `begun`: since when they are.
    `obstacles`: who could be waited for now.
    """

    record: Record
    phases: tuple[Phases, ...]
    fills: tuple[Fill, ...]
    waits: tuple[Wait, ...]
    checks: tuple[Checked, ...]
    pause: Pause | None
    obstacles: tuple[Obstacle, ...]
    standing: Standing | None
    begun: datetime | None
    proof: Proof | None
    brownout: Brownout | None
    history: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """`at`: by the server's clock; `holder`: the command at work, empty for none; `known`: the latest first."""

    at: datetime
    holder: str
    known: tuple[Known, ...]


@contextmanager
def looking(url: str) -> Generator[Connection]:
    """A connection that reads only, and gives up soon. Raises Unreachable and UsageError."""
    with connected(url, APPLICATION, patience_s=3) as connection:
        with refusals("looking at the migrations"):
            for each in _GENTLE:
                connection.execute(each.encode())
        yield connection


def overview(connection: Connection) -> Overview:
    """All of it, in one snapshot. Raises what `refusals` makes of the server's errors."""
    with refusals("looking at the migrations"), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if not store.exists(connection) or not _is_complete(connection):
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            assert row is not None
            return Overview(row[0], "", ())
        row = connection.execute(_WHO).fetchone()
        assert row is not None
        holder, at = str(row[0]), row[1]
        records = store.migrations(connection)[-MOST:]
        return Overview(at, holder, tuple(_known(connection, each, at, holder) for each in reversed(records)))


def _is_complete(connection: Connection) -> bool:
    """Whether strangler's schema has all its tables: the next command that changes something brings it up."""
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (LATEST,)).fetchone()
    return bool(row and row[0])


def _known(connection: Connection, record: Record, at: datetime, holder: str) -> Known:
    name, both = record.name, record.state in BOTH
    steps = store.steps(connection, name)
    tables = {target for each in steps for target in each.statement.targets}
    session = Session(connection, record.base, "")
    return Known(
        record=record,
        phases=_phases(steps),
        fills=tuple(_fill(connection, record, each, at) for each in store.fillings(connection, name)),
        waits=_waits(connection, name, at, holder),
        checks=tuple(recorded(connection, name)),
        pause=pausing.shown(connection, record),
        obstacles=() if record.state in OVER else tuple(obstacles(session, tables)),
        standing=remembered(connection, record) if both else None,
        begun=begun(connection, name),
        proof=proof(connection, name),
        brownout=latest(connection, name),
        history=tuple(store.history(connection, name)[-_EVENTS:]),
    )


def _phases(steps: Iterable[store.Step]) -> tuple[Phases, ...]:
    counted = defaultdict[str, list[bool]](list)
    for each in steps:
        counted[each.phase.value].append(each.done)
    return tuple(Phases(phase, sum(done), len(done)) for phase, done in counted.items())


def _fill(connection: Connection, record: Record, progress: Progress, at: datetime) -> Fill:
    row = connection.execute(_ESTIMATE, (progress.filling.on,)).fetchone()
    paces: list[tuple[Any, ...]] = connection.execute(
        "SELECT at, rows FROM strangler.paces WHERE migration = %s AND number = %s ORDER BY at",
        (record.name, progress.number),
    ).fetchall()
    total = progress.rows if progress.done else None if row is None else max(int(row[0]), progress.rows)
    rate = None if progress.done else rate_of(paces, at)
    left = None if total is None or not rate else (total - progress.rows) // rate
    return Fill(progress, total, rate, left, tuple((moment, rows) for moment, rows in paces))


def rate_of(paces: Iterable[tuple[Any, ...]], now: datetime) -> int | None:
    """Rows a second over the last minute that was filled in; None where that is over, or only just began."""
    known = list(paces)
    recent = [each for each in known if known[-1][0] - each[0] <= _RECENT]
    if len(recent) < 2 or now - recent[-1][0] > _RECENT:
        return None
    took = (recent[-1][0] - recent[0][0]) // timedelta(milliseconds=1)
    return (recent[-1][1] - recent[0][1]) * 1000 // took if took else None


def _waits(connection: Connection, name: str, at: datetime, holder: str) -> tuple[Wait, ...]:
    """The latest first. One whose command was killed waits no more: it has no lease, or has not tried for long."""
    found = connection.execute(
        "SELECT what, whom, began, latest, attempts, ended FROM strangler.waits WHERE migration = %s"
        " ORDER BY number DESC LIMIT 50",
        (name,),
    ).fetchall()
    return tuple(
        Wait(what, whom, began, last, attempts, not ended and bool(holder) and at - last < _PATIENT)
        for what, whom, began, last, attempts, ended in found
    )
