"""Approvals through the command line: asked for, given by others, bound to step and findings, expiring, withdrawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strangler.ledger import audit
from strangler.ledger.cutovers import state_of

from .conftest import CONFIG, Place, Ran, Strangler

HOUR = 3_600_000_000_000


@pytest.fixture
def asked(place: Place, strangler: Strangler) -> Place:
    """Two approvals of every step; ann asked for the first."""
    place.file.write_text(CONFIG + "  approvals: 2\n  freshness: 90d\n", encoding="utf-8")
    strangler("cutover", "start", "reads", "--actor", "ann")
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    assert strangler("cutover", "advance", "reads", "--actor", "ann").code == 4
    return place


@pytest.fixture
def approve(strangler: Strangler) -> Callable[..., Ran]:
    return lambda name, *more: strangler("cutover", "approve", "reads", *more, "--actor", name)


def phase(place: Place) -> tuple[str, int]:
    ledger = place.ledger()
    with ledger.read() as connection:
        state = state_of(connection, "reads")
    ledger.close()
    return state.phase, state.weight


def trail(place: Place) -> list[tuple[str, str]]:
    ledger = place.ledger()
    with ledger.read() as connection:
        assert audit.verify(connection) is None
        found = audit.entries(connection, subject="reads")
    ledger.close()
    return [(entry.body["action"], entry.body["actor"]) for entry in reversed(found)]


def test_two_others_agree_and_anybody_advances(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    ran = strangler("cutover", "advance", "reads", "--actor", "bob")
    assert ran.code == 4
    assert "0 of 2 approvals; ann asked" in ran.out
    plan = strangler("cutover", "approvals", "reads", "--json").json["requests"][0]["plan"]
    assert f"2 more, other than ann: `strangler cutover approve reads {plan[:12]}`" in ran.out
    assert "bob agrees to canary 1 %" in approve("bob", plan[:12], "--reason", "looked at it").out
    asked.write(*asked.judged().equals(20))  # traffic goes on
    ran = strangler("cutover", "advance", "reads", "--actor", "ann", "--json")
    assert ran.json["gate"]["reasons"][0]["code"] == "approval"
    assert "1 of 2 approvals (bob)" in ran.json["gate"]["reasons"][0]["measured"]
    assert strangler("gate", "reads").code == 4
    assert "1 of 2 approvals (bob)" in strangler("status").out
    assert approve("cid").code == 0
    ran = strangler("cutover", "advance", "reads", "--actor", "dee")
    assert (ran.code, phase(asked)) == (0, ("canary", 100)), ran.out
    assert trail(asked) == [
        ("cutover.start", "ann"),
        ("approval.asked", "ann"),
        ("approval.given", "bob"),
        ("approval.given", "cid"),
        ("cutover.advance", "dee"),
    ]
    assert "approval.given" in strangler("cutover", "status", "reads").out


def test_the_next_step_takes_approvals_of_its_own(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    approve("bob")
    approve("cid")
    strangler("cutover", "advance", "reads")
    asked.reverse()
    ran = approve("dee")
    assert (ran.code, "other findings, or on where the cutover stood" in ran.err) == (1, True)
    assert strangler("cutover", "advance", "reads").code == 4
    assert phase(asked) == ("canary", 100)


def test_who_asked_does_not_count_nor_anybody_twice(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    for name in ("ann", " ANN "):
        ran = approve(name)
        assert (ran.code, "asked for it, so somebody else approves" in ran.err) == (1, True)
    approve("bob")
    for name in ("bob", "Bob"):
        assert "has agreed already" in approve(name).out
    assert strangler("cutover", "advance", "reads").code == 4
    assert [action for action, _ in trail(asked)].count("approval.given") == 1


def test_a_new_finding_makes_it_void(asked: Place, strangler: Strangler, approve: Callable[..., Ran]) -> None:
    asked.file.write_text(
        CONFIG + "  approvals: 2\n  freshness: 90d\n  open_divergences: 5\n", encoding="utf-8"
    )
    strangler("cutover", "advance", "reads", "--actor", "ann")
    approve("bob")
    approve("cid")
    judged = asked.judged()
    asked.write(judged.different(), *judged.equals(900))
    ran = strangler("cutover", "advance", "reads", "--actor", "ann")
    assert (ran.code, phase(asked)[0]) == (4, "shadow")
    assert "0 of 2 approvals" in ran.out
    assert "void, it rests on other findings" in strangler("cutover", "approvals", "reads").out


def test_so_does_another_configuration(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    approve("bob")
    approve("cid")
    asked.file.write_text(CONFIG + "  approvals: 2\n  freshness: 80d\n", encoding="utf-8")
    assert "0 of 2 approvals" in strangler("cutover", "advance", "reads").out


def test_a_pause_makes_it_void_too(asked: Place, strangler: Strangler, approve: Callable[..., Ran]) -> None:
    approve("bob")
    approve("cid")
    strangler("cutover", "pause", "reads")
    strangler("cutover", "resume", "reads")
    assert strangler("cutover", "advance", "reads").code == 4


def test_it_expires_and_is_given_anew(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    approve("bob")
    asked.now_ns += 23 * HOUR
    asked.write()
    approve("cid")
    asked.now_ns += HOUR
    asked.write()
    assert "1 of 2 approvals (cid)" in strangler("cutover", "advance", "reads").out
    assert "bob, 24 h ago, does not count any more" in strangler("cutover", "approvals", "reads").out
    assert "bob agrees" in approve("bob").out
    assert strangler("cutover", "advance", "reads").code == 0


def test_it_can_be_withdrawn(asked: Place, strangler: Strangler, approve: Callable[..., Ran]) -> None:
    approve("bob")
    approve("cid")
    assert "bob agrees no more" in approve("bob", "--withdraw", "--reason", "saw something").out
    assert "nothing changed" in approve("bob", "--withdraw").out
    assert strangler("cutover", "advance", "reads").code == 4
    assert trail(asked)[-1] == ("approval.withdrawn", "bob")


def test_nothing_is_asked_while_something_else_is_in_the_way(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    asked.write(asked.judged().different())
    ran = strangler("cutover", "advance", "reads", "--actor", "bob")
    assert ran.code == 1, "blocked comes first"
    assert "nobody has asked yet" in ran.out
    assert len(strangler("cutover", "approvals", "reads", "--json").json["requests"]) == 1
    assert approve("cid").code == 1


def test_nobody_asked(place: Place, strangler: Strangler, approve: Callable[..., Ran]) -> None:
    strangler("cutover", "start", "reads")
    ran = approve("bob")
    assert (ran.code, "no approval is asked for" in ran.err) == (1, True)
    assert "ever asked" in strangler("cutover", "approvals", "reads").out
    assert approve("bob", "abc").code == 2


def test_a_plan_is_approved_by_its_id(
    asked: Place, strangler: Strangler, approve: Callable[..., Ran]
) -> None:
    strangler("cutover", "plan", "reads", "--to", "5%", "-o", "plan.json", "--actor", "bob")
    assert "approvals  by 2 other than who asks" in strangler("cutover", "plan", "reads").out
    ran = strangler("cutover", "apply", "plan.json", "--actor", "cid")
    assert ran.code == 4
    both = approve("dee")
    assert (both.code, "several things are asked" in both.err) == (2, True)
    plan = next(
        entry["plan"]
        for entry in strangler("cutover", "approvals", "reads", "--json").json["requests"]
        if entry["asker"] == "cid"
    )
    for name, words in (("cid", "asked for it"), ("bob", "made the plan")):
        assert words in approve(name, plan).err
    for name in ("dee", "eve"):
        assert approve(name, plan[:12]).code == 0
    assert "0 of 2" in strangler("cutover", "advance", "reads").out, "that was another plan"
    assert strangler("cutover", "apply", "plan.json").code == 0
    assert phase(asked) == ("canary", 100)
    asked.reverse()
    assert strangler("cutover", "apply", "plan.json").code == 4
