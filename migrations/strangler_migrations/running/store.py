"""The schema of strangler's own in the migrated database: migrations, their statements, ranges and history.

A statement and its record share a transaction where PostgreSQL allows; where it does not (CREATE INDEX CONCURRENTLY),
`begun_at` is written before, so that what was interrupted is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg.rows import dict_row

from strangler_migrations.agreement import Agreement
from strangler_migrations.draft import Shown
from strangler_migrations.filling import Filling
from strangler_migrations.migration import Loaded
from strangler_migrations.plan import Plan
from strangler_migrations.running.session import Connection
from strangler_migrations.running.states import OVER, State
from strangler_migrations.running.tables import LATEST, SCHEMA
from strangler_migrations.statement import Phase, Statement

_PHASE: Final = 1_000_000
_PACE_S: Final = 5
_VERSION: Final = 500_000
"""Statements that publish the version come behind those of the operations, which may have to be read first."""


@dataclass(frozen=True, slots=True)
class Record:
    """A migration as it is recorded. `sql`: it runs SQL that no plan foresees."""

    name: str
    number: int
    base: str
    version: str
    previous: str | None
    digest: str
    source: str
    shown: Mapping[str, Shown]
    sql: bool
    state: State
    actor: str
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A statement and what became of it."""

    number: int
    phase: Phase
    statement: Statement
    begun: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a table's backfill is; `last_key` as text, None before the first range."""

    number: int
    filling: Filling
    last_key: tuple[str, ...] | None
    rows: int
    done: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the history."""

    at: datetime
    migration: str
    event: str
    actor: str
    detail: str


def prepare(connection: Connection) -> None:
    """Make the schema, if it is not there."""
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (LATEST,)).fetchone()
    if row is None or not row[0]:
        with connection.transaction():
            # Two tools at once: the second waits, and finds it.
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('strangler schema', 0))")
            connection.execute(SCHEMA.encode())


def exists(connection: Connection) -> bool:
    """Whether any migration was ever started here."""
    row = connection.execute("SELECT to_regclass('strangler.lease') IS NOT NULL").fetchone()
    return bool(row and row[0])


def migrations(connection: Connection) -> list[Record]:
    """All that were started, in order."""
    if not exists(connection):
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("SELECT * FROM strangler.migrations ORDER BY number").fetchall()
    return [_record(row) for row in found]


def _record(row: Mapping[str, Any]) -> Record:
    shown = {name: Shown(**value) for name, value in row["shown"].items()}
    values: dict[str, Any] = {**row, "shown": shown, "state": State(row["state"])}
    return Record(**values)


def add(connection: Connection, migration: Loaded, plan: Plan, actor: str) -> None:
    """Record a migration that is about to start, with all it will do."""
    shown = {
        name: {"table": s.table, "columns": dict(s.columns), "defaults": dict(s.defaults)}
        for name, s in plan.draft.shown.items()
    }
    sql = any(type(operation).KIND == "sql" for operation in migration.operations)
    connection.execute("DELETE FROM strangler.migrations WHERE name = %s", (plan.name,))
    connection.execute(
        "INSERT INTO strangler.migrations (name, base, version, previous, digest, source, shown, sql, state, actor)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
        (plan.name, plan.catalog.schema, plan.version, plan.previous, migration.digest, migration.text, _json(shown),
         sql, State.EXPANDING, actor),
    )  # fmt: skip
    for place, phase in enumerate(Phase):
        plain = [each for each in plan.phases[phase] if each.unit != "version"]
        put_steps(connection, plan.name, phase, plain, place * _PHASE)
    put_version(connection, plan.name, [each for each in plan.phases[Phase.START] if each.unit == "version"])
    for number, filling in enumerate(plan.fillings):
        connection.execute(
            "INSERT INTO strangler.fillings (migration, number, body) VALUES (%s, %s, %s::jsonb)",
            (plan.name, number, _json(filling)),
        )
    for number, agreement in enumerate(plan.agreements):
        connection.execute(
            "INSERT INTO strangler.agreements (migration, number, body) VALUES (%s, %s, %s::jsonb)",
            (plan.name, number, _json(agreement)),
        )


def put_version(connection: Connection, name: str, statements: Sequence[Statement]) -> None:
    """Record (anew) what publishes the version."""
    connection.execute(
        "DELETE FROM strangler.statements WHERE migration = %s AND number BETWEEN %s AND %s",
        (name, _VERSION, _PHASE - 1),
    )
    put_steps(connection, name, Phase.START, statements, _VERSION)


def put_steps(
    connection: Connection, name: str, phase: Phase, statements: Iterable[Statement], first: int
) -> None:
    """Record statements from a number on."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO strangler.statements (migration, number, phase, body) VALUES (%s, %s, %s, %s::jsonb)",
            [(name, first + index, phase, _json(each)) for index, each in enumerate(statements)],
        )


def steps(connection: Connection, name: str, phase: Phase | None = None) -> list[Step]:
    """The statements of a migration (of one phase), in order."""
    found = connection.execute(
        "SELECT number, phase, body::text, begun_at IS NOT NULL, done_at IS NOT NULL FROM strangler.statements"
        " WHERE migration = %s AND (%s::text IS NULL OR phase = %s) ORDER BY number",
        (name, phase, phase),
    ).fetchall()
    return [
        Step(n, Phase(p), msgspec.json.decode(b, type=Statement), begun, done)
        for n, p, b, begun, done in found
    ]


def fillings(connection: Connection, name: str) -> list[Progress]:
    """How far each table's backfill is."""
    found = connection.execute(
        "SELECT number, body::text, last_key, rows, done FROM strangler.fillings WHERE migration = %s ORDER BY number",
        (name,),
    ).fetchall()
    return [
        Progress(n, msgspec.json.decode(b, type=Filling), None if key is None else tuple(key), rows, done)
        for n, b, key, rows, done in found
    ]


def agreements(connection: Connection, name: str, *, contracted: bool) -> list[Agreement]:
    """The queries that say whether both forms agree, a table each: before `complete`, or in the grace time."""
    found = connection.execute(
        "SELECT body::text FROM strangler.agreements WHERE migration = %s ORDER BY number", (name,)
    ).fetchall()
    known = (msgspec.json.decode(body, type=Agreement) for (body,) in found)
    return [each for each in known if each.contracted is contracted]


def mark(connection: Connection, name: str, numbers: Sequence[int], *, begun: bool, done: bool) -> None:
    """Record what became of statements."""
    connection.execute(
        "UPDATE strangler.statements SET begun_at = CASE WHEN %s THEN COALESCE(begun_at, now()) END,"
        " done_at = CASE WHEN %s THEN now() END WHERE migration = %s AND number = ANY (%s)",
        (begun, done, name, list(numbers)),
    )


def advance(connection: Connection, name: str, number: int, key: Sequence[str] | None, rows: int) -> None:
    """Record a range that was filled; without a key it was the last."""
    connection.execute(
        "UPDATE strangler.fillings SET last_key = COALESCE(%s, last_key), rows = rows + %s, done = %s"
        " WHERE migration = %s AND number = %s",
        (None if key is None else list(key), rows, key is None, name, number),
    )

    paced(connection, name, number, every_s=0 if key is None else _PACE_S)


def paced(connection: Connection, name: str, number: int, *, every_s: int = 0) -> None:
    """Note how far a backfill is now, unless that was noted less than so long ago: its rate is reckoned from it."""
    connection.execute(
        "INSERT INTO strangler.paces SELECT f.migration, f.number, clock_timestamp(), f.rows FROM strangler.fillings f"
        " WHERE f.migration = %(name)s AND f.number = %(number)s AND NOT EXISTS (SELECT FROM strangler.paces p"
        " WHERE p.migration = f.migration AND p.number = f.number"
        " AND p.at > clock_timestamp() - make_interval(secs => %(every)s)) ON CONFLICT DO NOTHING",
        {"name": name, "number": number, "every": every_s},
    )


def waited(connection: Connection, note: int | None, what: str, whom: str) -> int | None:
    """Note, for the migration that is under way, that its statement had to wait, or (with the number of such a note)
    that it waits still. The number; None where there is nothing to note it of.
    """
    if note is not None:
        connection.execute(
            "UPDATE strangler.waits SET whom = %s, latest = clock_timestamp(), attempts = attempts + 1"
            " WHERE number = %s",
            (whom, note),
        )
        return note
    there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (LATEST,)).fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute(
        "INSERT INTO strangler.waits (migration, what, whom, began, latest, attempts)"
        " SELECT name, %s, %s, clock_timestamp(), clock_timestamp(), 1 FROM strangler.migrations"
        " WHERE state <> ALL (%s) ORDER BY number DESC LIMIT 1 RETURNING number",
        (what, whom, list(OVER)),
    ).fetchone()
    return None if row is None else int(row[0])


def waited_for(connection: Connection, note: int) -> None:
    """Note that a wait is over."""
    connection.execute(
        "UPDATE strangler.waits SET ended = true, latest = clock_timestamp() WHERE number = %s", (note,)
    )


def move(connection: Connection, name: str, state: State, actor: str, detail: str = "") -> None:
    """Set a migration's state, and say so in the history."""
    connection.execute(
        "UPDATE strangler.migrations SET state = %s, changed_at = now() WHERE name = %s", (state, name)
    )
    note(connection, name, state, actor, detail)


def note(connection: Connection, name: str, event: str, actor: str, detail: str = "") -> None:
    """An entry of the history that changes no state."""
    connection.execute(
        "INSERT INTO strangler.history (migration, event, actor, detail) VALUES (%s, %s, %s, %s)",
        (name, event, actor, detail),
    )


def history(connection: Connection, name: str | None = None) -> list[Event]:
    """What happened, in order; of one migration, or of all."""
    if not exists(connection):
        return []
    found = connection.execute(
        "SELECT at, migration, event, actor, detail FROM strangler.history"
        " WHERE %s::text IS NULL OR migration = %s ORDER BY number",
        (name, name),
    ).fetchall()
    return [Event(*row) for row in found]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
