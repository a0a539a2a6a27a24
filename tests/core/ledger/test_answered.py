"""Writes by their key: taken once, answered the same, free again where nothing came of them."""

from __future__ import annotations

from strangler.ledger.answered import KEPT_NS, PATIENCE_NS, Answered, Found, keep, release, take
from strangler.ledger.store import Ledger

NOW = 1_800_000_000_000_000_000
DONE = Answered(200, '{"changed":true}')


def taken(ledger: Ledger, key: str = "k", digest: str = "d", caller: str = "ann", at_ns: int = NOW) -> Found:
    with ledger.begin() as connection:
        return take(connection, caller, key, digest, at_ns)


def test_a_key_is_taken_once_and_answered_the_same(ledger: Ledger) -> None:
    assert taken(ledger) == "yours"
    assert taken(ledger) == "running"
    with ledger.begin() as connection:
        keep(connection, "ann", "k", NOW, DONE)
    assert taken(ledger) == DONE
    assert taken(ledger, digest="other") == "other"
    assert taken(ledger, caller="ben") == "yours"
    assert taken(ledger, key="l") == "yours"


def test_what_came_to_nothing_is_free_again(ledger: Ledger) -> None:
    taken(ledger)
    with ledger.begin() as connection:
        release(connection, "ann", "k", NOW)
    assert taken(ledger, digest="other") == "yours"


def test_one_that_died_is_taken_over_and_then_says_nothing_any_more(ledger: Ledger) -> None:
    later = NOW + PATIENCE_NS
    taken(ledger)
    assert taken(ledger, at_ns=later - 1) == "running"
    assert taken(ledger, at_ns=later) == "yours"
    with ledger.begin() as connection:
        keep(connection, "ann", "k", NOW, Answered(200, "of the one that seemed dead"))
        release(connection, "ann", "k", NOW)
    assert taken(ledger, at_ns=later) == "running"
    with ledger.begin() as connection:
        keep(connection, "ann", "k", later, DONE)
    assert taken(ledger, at_ns=later) == DONE


def test_a_key_is_kept_for_a_day(ledger: Ledger) -> None:
    taken(ledger)
    with ledger.begin() as connection:
        keep(connection, "ann", "k", NOW, DONE)
    assert taken(ledger, at_ns=NOW + KEPT_NS - 1) == DONE
    assert taken(ledger, digest="other", at_ns=NOW + KEPT_NS) == "yours"
