"""The replicator: its lag is told truthfully, it catches up, applies once, and stops at the promotion."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
from strangler_demo import control
from strangler_demo.candidate import schema
from strangler_demo.candidate.replica import Standing, standing
from strangler_demo.processes import Replicator
from strangler_demo.replicator import feed
from strangler_demo.replicator.apply import Promoted, apply


def last_change(systems):
    db = sqlite3.connect(systems.legacy.db)
    try:
        return db.execute("SELECT max(seq) FROM aenderung").fetchone()[0]
    finally:
        db.close()


def dump(path):
    db = sqlite3.connect(path)
    try:
        return [line for line in db.iterdump() if '"replication"' not in line]
    finally:
        db.close()


def writes(systems, count, skip=0):
    return list(itertools.islice(systems.traffic.writes(skip), count))


def read_anew(systems, sweep, differences):
    """Everything of a customer, on both sides."""
    asked = systems.traffic.reads(40, routes=("statement", "invoice", "credit_note", "receipt", "payment"))
    legacy, candidate = sweep(systems.legacy.url, asked), sweep(systems.candidate.url, asked)
    return [found for call in asked if (found := differences(legacy[call], candidate[call]))]


def test_what_is_written_arrives(fresh, sweep, differences):
    answers = sweep(fresh.legacy.url, writes(fresh, 40)).values()
    assert {answer.status for answer in answers} == {201}
    lag = wait_for(fresh, last_change(fresh))
    assert lag.role == "follower"
    assert read_anew(fresh, sweep, differences) == []


def wait_for(systems, seq):
    """The ordinary wait looks at the lag; a write a moment ago needs its own sequence number."""
    while True:
        lag = control.wait_replicated(systems.candidate.root)
        if lag.applied >= seq:
            return lag


def test_without_a_replicator_the_lag_rises_and_a_new_one_catches_up(fresh, sweep, differences):
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


def test_applying_twice_changes_nothing(fresh):
    fresh.replicator.stop()
    legacy, candidate = feed.connect(fresh.legacy.db), schema.connect(fresh.candidate.db)
    before = dump(fresh.candidate.db)
    changes = feed.read(legacy, 0, 1 << 60, 1_000_000)
    assert len(changes) == changes[-1].seq == last_change(fresh)
    reached = apply(candidate, changes, None)
    candidate.execute("UPDATE replication SET applied_seq = 0")
    assert apply(candidate, changes, None) == reached == standing(candidate).applied_seq
    assert dump(fresh.candidate.db) == before
    legacy.close()
    candidate.close()


def test_a_delay_holds_young_changes_back(fresh):
    legacy = feed.connect(fresh.legacy.db)
    oldest = legacy.execute("SELECT min(at_ms) FROM aenderung").fetchone()[0]
    assert feed.read(legacy, 0, oldest - 1, 10) == []
    assert len(feed.read(legacy, 0, 1 << 60, 10)) == 10
    legacy.close()


def test_a_promoted_candidate_writes_and_nothing_more_is_applied(fresh, sweep):
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


def test_lag_is_the_age_of_what_is_surely_here():
    assert Standing("follower", 7, 1000).lag_ms(1250) == 250
    assert Standing("follower", 7, 1000).lag_ms(900) == 0
    assert Standing("owner", 7, 1000).lag_ms(99_000) == 0
