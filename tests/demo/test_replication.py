"""The replicator: its lag is told truthfully, it catches up, applies once, and stops at the promotion."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from strangler_demo import control
from strangler_demo.candidate import schema
from strangler_demo.candidate.replica import Standing, standing
from strangler_demo.load import Answered
from strangler_demo.month import plan_month
from strangler_demo.processes import Replicator
from strangler_demo.replicator import feed
from strangler_demo.replicator.apply import Promoted, apply
from strangler_demo.seeding import seed
from strangler_demo.systems import Systems
from strangler_demo.traffic import Call

type Sweep = Callable[[str, Iterable[Call]], dict[Call, Answered]]
type Difference = tuple[str, Any, Any]
type Judge = Callable[[Answered, Answered], list[Difference]]


def last_change(systems: Systems) -> int:
    db = sqlite3.connect(systems.legacy.db)
    try:
        return int(db.execute("SELECT max(seq) FROM aenderung").fetchone()[0])
    finally:
        db.close()


def dump(path: Path) -> list[str]:
    db = sqlite3.connect(path)
    try:
        return [line for line in db.iterdump() if '"replication"' not in line]
    finally:
        db.close()


def writes(systems: Systems, count: int, skip: int = 0) -> list[Call]:
    return list(itertools.islice(systems.traffic.writes(skip), count))


def read_anew(systems: Systems, sweep: Sweep, differences: Judge) -> list[list[Difference]]:
    """Everything of a customer, on both sides."""
    asked = systems.traffic.reads(40, routes=("statement", "invoice", "credit_note", "receipt", "payment"))
    legacy, candidate = sweep(systems.legacy.url, asked), sweep(systems.candidate.url, asked)
    return [found for call in asked if (found := differences(legacy[call], candidate[call]))]


def test_what_is_written_arrives(fresh: Systems, sweep: Sweep, differences: Judge) -> None:
    answers = sweep(fresh.legacy.url, writes(fresh, 40)).values()
    assert {answer.status for answer in answers} == {201}
    lag = wait_for(fresh, last_change(fresh))
    assert lag.role == "follower"
    assert read_anew(fresh, sweep, differences) == []


def wait_for(systems: Systems, seq: int) -> control.Lag:
    """The ordinary wait looks at the lag; a write a moment ago needs its own sequence number."""
    while True:
        lag = control.wait_replicated(systems.candidate.root)
        if lag.applied >= seq:
            return lag


def test_without_a_replicator_the_lag_rises_and_a_new_one_catches_up(
    fresh: Systems, sweep: Sweep, differences: Judge
) -> None:
    fresh.replicator.stop()
    sweep(fresh.legacy.url, writes(fresh, 20))
    before = control.lag(fresh.candidate.root)
    assert read_anew(fresh, sweep, differences) != []
    after = control.lag(fresh.candidate.root)
    assert after.seconds > before.seconds
    assert after.applied == before.applied < last_change(fresh)
    with Replicator(fresh.legacy.db, fresh.candidate.db, fresh.legacy.db.parent):
        caught_up = wait_for(fresh, last_change(fresh))
    assert caught_up.seconds < after.seconds
    assert read_anew(fresh, sweep, differences) == []


def test_applying_twice_changes_nothing(tmp_path: Path) -> None:
    seed(tmp_path / "legacy.db", plan_month(5, customers=16, invoices=32))
    legacy, candidate = feed.connect(tmp_path / "legacy.db"), schema.connect(tmp_path / "candidate.db")
    changes = feed.read(legacy, 0, 1 << 60, 1_000_000)
    reached = apply(candidate, changes, None)
    assert reached == len(changes) == changes[-1].seq == standing(candidate).applied_seq
    before = dump(tmp_path / "candidate.db")
    candidate.execute("UPDATE replication SET applied_seq = 0")
    assert apply(candidate, changes, None) == reached
    assert dump(tmp_path / "candidate.db") == before
    assert len(before) > 300
    legacy.close()
    candidate.close()


def test_a_delay_holds_young_changes_back(running: Systems) -> None:
    legacy = feed.connect(running.legacy.db)
    oldest = legacy.execute("SELECT min(at_ms) FROM aenderung").fetchone()[0]
    assert feed.read(legacy, 0, oldest - 1, 10) == []
    assert len(feed.read(legacy, 0, 1 << 60, 10)) == 10
    legacy.close()


def test_a_promoted_candidate_writes_and_nothing_more_is_applied(fresh: Systems, sweep: Sweep) -> None:
    refused = sweep(fresh.candidate.url, writes(fresh, 6)).values()
    assert {answer.status for answer in refused} == {409}
    control.promote(fresh.candidate.root)
    taken = sweep(fresh.candidate.url, writes(fresh, 6)).values()
    assert {answer.status for answer in taken} == {201}
    assert control.lag(fresh.candidate.root).seconds == 0
    sweep(fresh.legacy.url, writes(fresh, 5, skip=100))
    legacy, candidate = feed.connect(fresh.legacy.db), schema.connect(fresh.candidate.db)
    young = feed.read(legacy, standing(candidate).applied_seq, 1 << 60, 100)
    with pytest.raises(Promoted):
        apply(candidate, young, None)
    legacy.close()
    candidate.close()


def test_lag_is_the_age_of_what_is_surely_here() -> None:
    assert Standing("follower", 7, 1000).lag_ms(1250) == 250
    assert Standing("follower", 7, 1000).lag_ms(900) == 0
    assert Standing("owner", 7, 1000).lag_ms(99_000) == 0
