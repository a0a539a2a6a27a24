"""What a backfill keeps to: rows and WAL a second, sessions at work, dead rows, a pause by command."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Refused
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle, pausing, store
from strangler_migrations.running.bloat import Bloat
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.lag import Lag
from strangler_migrations.running.session import Session, connected
from strangler_migrations.running.throttle import Throttle

pytestmark = pytest.mark.postgres

FILL = parse(
    "operations: [{add_column: {table: t, up: id * 2, column: {name: c, type: int}}}]", Path("01_x.yaml")
)
ROWS = 1_000


@pytest.fixture
def table(session: Session) -> Session:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    session.connection.execute("INSERT INTO t SELECT i, repeat('v', 90) FROM generate_series(1, 1000) i")
    return session


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list[float])

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def of(self, session: Session) -> Session:
        return replace(session, sleep=self.sleep, monotonic=lambda: self.now)


def filled(session: Session) -> int:
    row = session.connection.execute("SELECT count(*) FROM t WHERE c = id * 2").fetchone()
    assert row is not None
    return int(row[0])


def test_rows_a_second(table: Session) -> None:
    clock, ranges = Clock(), list[tuple[float, int]]()
    throttle = Throttle(Pacer(max_rate=100, rows=100))
    lifecycle.start(clock.of(table), FILL, throttle, lambda _t, rows, *_: ranges.append((clock.now, rows)))
    assert [rows for _, rows in ranges] == [*range(100, ROWS + 1, 100), ROWS]
    assert all(rows <= 100 * now + 100 for now, rows in ranges)
    assert filled(table) == ROWS


def wal(session: Session) -> int:
    row = session.connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchone()
    assert row is not None
    return int(row[0])


def test_wal_a_second(table: Session, said: list[str]) -> None:
    """Ranges become as small as a second's worth, and the server's WAL stays under the bound from range to range."""
    bound, clock, seen = 20_000, Clock(), list[tuple[float, int, int]]()
    lifecycle.start(
        clock.of(table),
        FILL,
        Throttle(Pacer(max_wal=bound, rows=100)),
        lambda _t, rows, *_: seen.append((clock.now, rows, wal(table))),
    )
    first = seen[0][2]
    largest = max(after[2] - before[2] for before, after in pairwise(seen))
    assert all(written - first <= bound * (now + 1) + largest for now, _, written in seen)
    assert clock.now >= (seen[-1][2] - first - largest) / bound > 1
    assert "bytes of WAL a second" in " ".join(said)
    assert filled(table) == ROWS


def test_a_range_is_a_second_of_wal_at_most() -> None:
    pacer = Pacer(max_wal=1_000_000, rows=1_000).after(1_000, 0.01, wal=4_000_000)
    assert pacer.rows == 250
    assert pacer.owed(4_000_000, 1.5) == 2.5
    assert Pacer(rows=1_000).after(1_000, 0.01, wal=4_000_000).rows == 4_000


def test_a_backfill_waits_while_many_are_at_work(table: Session, database: str, said: list[str]) -> None:
    with psycopg.connect(database, autocommit=True) as busy:

        def work() -> None:
            with contextlib.suppress(psycopg.errors.QueryCanceled):
                busy.execute("SELECT pg_sleep(60)")

        at_work = threading.Thread(target=work)
        at_work.start()
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
        )
        while table.connection.execute(query).fetchone() == (0,):
            time.sleep(0.01)
        waiting = replace(table, sleep=lambda _: busy.cancel_safe())
        lifecycle.start(waiting, FILL, Throttle(max_active=0), lambda *_: None)
        at_work.join()
    assert said[:2] == ["paused: more than 0 sessions are at work", "going on"]


@pytest.mark.full
def test_a_replica_that_replays_nothing_holds_it_up(
    table: Session, standby: Callable[[str], str], said: list[str]
) -> None:
    clock = Clock()
    with psycopg.connect(standby("postgres"), autocommit=True) as replica:
        replica.execute("SELECT pg_wal_replay_pause()")

        def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            if any("behind" in each for each in said):
                replica.execute("SELECT pg_wal_replay_resume()")
                time.sleep(0.2)
            elif seconds == 0:
                clock.sleep(2)

        held = replace(clock.of(table), sleep=sleep)
        throttle = Throttle(Pacer(rows=100, target_s=1e-9, yields=False), Lag(5))
        lifecycle.start(held, FILL, throttle, lambda *_: None)
    assert said[:2] == ["paused: a replica is more than 5 s behind", "going on"]
    assert filled(table) == ROWS


def vacuums(session: Session) -> int:
    row = session.connection.execute(
        "SELECT vacuum_count FROM pg_stat_all_tables WHERE relid = 't'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_it_rests_beside_others_at_work() -> None:
    alone, beside = Pacer(), Pacer()
    for _ in range(30):
        alone, beside = alone.after(1_000, 0.05), beside.after(1_000, 0.05, others=9)
    assert alone.pause(1_000, 0.05) == 0
    assert 0.049 < beside.pause(1_000, 0.05) <= 0.05
    assert replace(beside, yields=False).pause(1_000, 0.05) == 0
    assert replace(beside, max_rate=1_000).pause(1_000, 0.05) == pytest.approx(0.95)


def test_a_fifth_of_the_table_is_vacuumed_at_once(table: Session) -> None:
    bloat = Bloat(gently=True)
    bloat.wrote(table, "public.t", 60_000, 500_000)
    assert vacuums(table) == 0
    bloat.wrote(table, "public.t", 40_000, 500_000)
    assert vacuums(table) == 1
    bloat.wrote(table, "public.t", 40_000, 500_000)
    assert vacuums(table) == 1
    assert table.connection.execute("SHOW vacuum_cost_delay").fetchone() == ("0",)


def test_a_vacuum_steps_aside(table: Session, database: str) -> None:
    """Where somebody else holds the table it is left out, and nobody waits."""
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE")
        Bloat().filled(table, "public.t")
        assert vacuums(table) == 0


def test_dead_rows_that_cannot_be_removed_hold_it_up_and_say_whose_they_are(
    table: Session, database: str, said: list[str]
) -> None:
    clock = Clock()
    with psycopg.connect(database, application_name="report") as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT * FROM pg_class LIMIT 1")
        with psycopg.connect(database) as writer:
            writer.execute("UPDATE t SET v = 'x'")

        def sleep(seconds: float) -> None:
            clock.sleep(max(seconds, 31))
            if seconds:
                old.rollback()

        held = replace(clock.of(table), sleep=sleep)
        lifecycle.start(held, FILL, Throttle(bloat=Bloat(Decimal("0.3"))), lambda *_: None)
    assert "50% of the rows of public.t are dead, and VACUUM does not remove them: " in said[0]
    assert "(report, 127.0.0.1, pid " in said[0]
    assert said[1] == "going on"
    assert filled(table) == ROWS


def test_a_pause_by_command_holds_until_it_is_taken_back(
    table: Session, database: str, said: list[str]
) -> None:
    ranges: list[int] = []

    def other(act: str) -> None:
        with connected(database) as connection:
            bob = Session(connection, "public", "bob")
            record = lifecycle.get(bob, "01_x")
            if act == "pause":
                pausing.pause(bob, record, "month end")
            else:
                pausing.resume(bob, record)

    def watch(_table: str, rows: int, *_: object) -> None:
        ranges.append(rows)
        if len(ranges) == 2:
            other("pause")

    def sleep(seconds: float) -> None:
        if seconds:
            assert len(ranges) == 2
            other("resume")

    lifecycle.start(replace(table, sleep=sleep), FILL, Throttle(Pacer(rows=100, target_s=1e-9)), watch)
    assert said[0].startswith("paused: bob paused it at ")
    assert "(month end)" in said[0]
    events = [(each.event, each.actor, each.detail) for each in store.history(table.connection, "01_x")]
    assert ("paused", "bob", "month end") in events
    assert ("resumed", "bob", "") in events
    assert filled(table) == ROWS
    record = lifecycle.get(table, "01_x")
    with pytest.raises(Refused, match="01_x is verified: there is no backfill to pause"):
        pausing.pause(table, record, "late")
    with pytest.raises(Refused, match="is not paused"):
        pausing.resume(table, record)
