"""What is shown from outside: rates from what a backfill notes, waits, and that a look changes and holds up nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Unreachable
from strangler_migrations.migration import parse
from strangler_migrations.overview import looking, overview, rate_of
from strangler_migrations.readers.watch import glance
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session

FILL = parse(
    "operations: [{add_column: {table: t, up: id * 2, column: {name: c, type: int}}}]", Path("01_x.yaml")
)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def paces(*seconds_and_rows: tuple[int, int]) -> list[tuple[datetime, int]]:
    return [(NOW - timedelta(seconds=ago), rows) for ago, rows in seconds_and_rows]


@pytest.mark.parametrize(
    ("noted", "rate"),
    [
        (paces((20, 0), (10, 500), (0, 1000)), 50),
        (paces((600, 0), (300, 9_000), (50, 10_000), (10, 12_000)), 50),  # what was long ago does not count
        (paces((90, 0), (70, 1000)), None),  # nothing is filled now
        (paces((3, 7)), None),
        ([], None),
    ],
)
def test_a_rate_is_that_of_the_last_minute(noted: list[tuple[datetime, int]], rate: int | None) -> None:
    assert rate_of(noted, NOW) == rate


@pytest.fixture
def table(session: Session) -> Session:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    session.connection.execute("INSERT INTO t SELECT i, repeat('v', 90) FROM generate_series(1, 1000) i")
    session.connection.execute("ANALYZE t")
    return session


@pytest.mark.postgres
def test_a_backfill_and_its_waits_are_seen_from_outside(table: Session, database: str) -> None:
    other = psycopg.connect(database)
    seen = []

    def watch(*_: object) -> None:
        """After each range, as somebody else sees it; after the first one, a client holds rows of the next."""
        with looking(database) as outside:
            seen.append(overview(outside).known[0])
        if len(seen) == 1:
            other.execute("UPDATE t SET v = 'x' WHERE id = 300")

    def told(text: str) -> None:
        if text.startswith("waiting for"):
            other.rollback()

    session = replace(table, tell=told)
    lifecycle.start(session, FILL, Throttle(Pacer(rows=200)), watch)
    other.close()
    first, last = seen[0], seen[-1]
    assert (first.record.state, first.fills[0].progress.rows, first.fills[0].total) == (
        "backfilling",
        200,
        1000,
    )
    assert [(each.phase, each.done > 0) for each in first.phases][:1] == [("start", True)]
    noted = [rows for _, rows in last.fills[0].paces]
    assert (noted[0], noted[-1]) == (0, 1000)
    (wait,) = last.waits
    assert (wait.what, wait.going, wait.attempts) == ("backfill of t", False, 1)
    assert "in a transaction with t" in wait.whom
    assert last.standing is not None
    assert [each.name for each in last.standing.unknown] == ["base-tables"]


@pytest.mark.postgres
def test_a_look_waits_for_nobody_and_can_change_nothing(table: Session, database: str) -> None:
    lifecycle.start(table, FILL, Throttle(), lambda *_: None)
    glance(table.connection)
    before = table.connection.execute("SELECT * FROM strangler.watched").fetchall()
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with looking(database) as outside:
            (known,) = overview(outside).known
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                outside.execute("DELETE FROM strangler.history")
            with pytest.raises(psycopg.errors.QueryCanceled):
                outside.execute("SELECT pg_sleep(60)")
    assert known.record.state == "verified"
    assert table.connection.execute("SELECT * FROM strangler.watched").fetchall() == before


@pytest.mark.postgres
def test_where_nothing_was_started_nothing_is_made(session: Session, database: str) -> None:
    with looking(database) as outside:
        assert overview(outside).known == ()
    assert not store.exists(session.connection)


def test_one_that_is_away_is_said_soon() -> None:
    with pytest.raises(Unreachable), looking("postgresql://nobody@127.0.0.1:9/none"):
        pass
