"""The life of a divergence: open, accepted, resolved, regressed."""

from __future__ import annotations

import pytest

from strangler.errors import UsageError
from strangler.ledger.audit import head
from strangler.ledger.divergences import accept, divergences, find, resolve, resolve_unseen
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger
from strangler.testing.judged import Judged, configuration


def write(ledger: Ledger, *batch: Settled) -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=max(settled.at_ns for settled in batch), worker="w")


def state(ledger: Ledger) -> str:
    with ledger.read() as connection:
        (found,) = divergences(connection)
    return found.state


def test_accepting_launders_nothing_and_what_comes_back_has_regressed(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.different())
    with ledger.begin() as connection:
        identity = divergences(connection)[0].id
        when = judged.at_ns + 1
        found = accept(
            connection, identity[:5], actor="ann", reason="a clock", rule="ignore: $.f1", now_ns=when
        )
        assert (found.state, found.actor, found.reason, found.rule) == (
            "accepted",
            "ann",
            "a clock",
            "ignore: $.f1",
        )
        last = head(connection)
        assert last is not None
        assert (last.body["action"], last.body["subject"]) == ("divergence.accepted", identity)
    write(ledger, judged.different())  # still the old epoch: on its way when it was accepted
    assert state(ledger) == "accepted"
    with ledger.read() as connection:
        assert len(read_evidence(connection, judged.loaded, "reads", judged.at_ns).seen) == 1
    ruled = Judged(configuration(**{"policy:": 'rules: [{ignore: "$.f1"}]\npolicy:'}))
    ruled.at_ns = judged.at_ns + 60_000_000_000
    write(ledger, ruled.equal())
    with ledger.read() as connection:
        assert read_evidence(connection, ruled.loaded, "reads", ruled.at_ns).seen == ()
    assert state(ledger) == "accepted"
    write(ledger, ruled.different())
    assert state(ledger) == "regressed"


def test_what_an_epoch_that_passed_did_not_see_is_resolved(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.different(), judged.different(fingerprint="f2"))
    judged.version = "2"
    judged.at_ns += 60_000_000_000
    write(ledger, judged.different(fingerprint="f2"))
    with ledger.begin() as connection:
        assert resolve_unseen(connection, "reads", 2, actor="control", now_ns=judged.at_ns) == 1
        assert resolve_unseen(connection, "reads", 2, actor="control", now_ns=judged.at_ns) == 0
        assert {d.fingerprint: (d.state, d.resolved_in) for d in divergences(connection)} == {
            "f1": ("resolved", "2"),
            "f2": ("open", ""),
        }
        assert [d.fingerprint for d in divergences(connection, state="open")] == ["f2"]
    judged.version = "3"
    judged.at_ns += 60_000_000_000
    write(ledger, judged.different())
    with ledger.read() as connection:
        assert {
            d.fingerprint: (d.state, d.resolved_in, d.regressed_in, d.versions)
            for d in divergences(connection)
        } == {"f1": ("regressed", "2", "3", ("3", "1")), "f2": ("open", "", "", ("2", "1"))}


def test_a_person_may_resolve_and_must_say_why(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.different())
    with ledger.begin() as connection:
        with pytest.raises(UsageError, match="reason"):
            resolve(connection, "f1", actor="ann", reason=" ", now_ns=1)
        when = judged.at_ns
        found = resolve(connection, "f1", actor="ann", reason="fixed", now_ns=when, version="1.1")
        assert (found.state, found.resolved_in) == ("resolved", "1.1")
        last = head(connection)
        assert last is not None
        assert last.body["after"] == {"state": "resolved", "rule": "", "version": "1.1"}
    write(ledger, judged.different())  # the version it is said of is yet to come
    assert state(ledger) == "resolved"
    judged.version = "1.1"
    judged.at_ns += 60_000_000_000
    write(ledger, judged.different())
    with ledger.begin() as connection:
        back = find(connection, "f1")
        assert (back.state, back.resolved_in, back.regressed_in) == ("regressed", "1.1", "1.1")
        taken = accept(connection, "f1", actor="ann", reason="so be it", rule="r", now_ns=judged.at_ns)
        assert (taken.state, taken.resolved_in, taken.regressed_in) == ("accepted", "", "")


def test_a_prefix_must_fit_exactly_one(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.different(fingerprint="aa1"), judged.different(fingerprint="aa2"))
    with ledger.read() as connection:
        assert find(connection, "aa2").fingerprint == "aa2"
        with pytest.raises(UsageError, match="fits 2"):
            find(connection, "aa")
        with pytest.raises(UsageError, match="no divergence"):
            find(connection, "%")
        with pytest.raises(UsageError, match="no divergence"):
            find(connection, "")


def test_what_was_of_money_once_stays_so_under_a_limit_by_severity(ledger: Ledger) -> None:
    judged = Judged()
    money, minor = judged.different(severity="money"), judged.different(severity="minor")
    write(ledger, minor, money, minor)
    write(ledger, judged.different(severity="minor"))
    with ledger.read() as connection:
        (seen,) = read_evidence(connection, judged.loaded, "reads", judged.at_ns).seen
    assert (seen.severity, seen.count) == ("money", 4)
