"""Moving a cutover from its page: by whom, how it is confirmed, what is said when it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strangler.cutover import Event
from strangler.ledger.cutovers import state_of
from strangler.ledger.moving import move
from strangler.routing import Table
from strangler_dashboard.access import Visitor
from strangler_dashboard.acting.table import ACTS
from strangler_shadow.override import on_legacy, put

from .conftest import Answer, Place, words
from .made import TOTAL, differing

APPROVED = """\
policy:
  tolerate: {rate: 1%, alpha: 5%}
  approvals: {canary: 1}
"""


@pytest.fixture
def shadowed(place: Place) -> Place:
    place.start()
    return place


def form(place: Place, act: str, cutover: str = "reads") -> dict[str, str]:
    """What a browser would send, but for what a person types."""
    page = place.ask(f"/cutovers/{cutover}/{act}").html
    (found,) = page.xpath(f"//form[@action='/cutovers/{cutover}/{act}']")
    hidden = {each.get("name"): each.get("value") for each in found.xpath(".//input[@type='hidden']")}
    chosen = {
        each.get("name"): each.xpath(".//option[@selected]")[0].text for each in found.xpath(".//select")
    }
    return {**hidden, **chosen}


def done(place: Place, act: str, cutover: str = "reads", **typed: str) -> Answer:
    said = {"confirm": cutover, "reason": "because", **form(place, act, cutover), **typed}
    return place.send(f"/cutovers/{cutover}/{act}", said)


def state(place: Place, cutover: str = "reads") -> Any:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = state_of(connection, cutover)
    ledger.close()
    return found


def titles(place: Place, cutover: str = "reads") -> list[str]:
    return [words(each) for each in place.ask(f"/cutovers/{cutover}").html.cssselect(".acts a")]


def test_a_cutover_is_started_paused_resumed_and_held_from_its_page(place: Place) -> None:
    assert titles(place) == ["Start…"]
    answer = done(place, "start", reason="CHG-7")
    assert answer.status == 303
    page = place.ask(answer.headers["location"]).html
    assert "Done: cutover.start, legacy → shadow" in words(page.cssselect("#done")[0])
    assert "By ann, on the machine itself" in words(page.cssselect("#done")[0])
    assert state(place).phase == "shadow"
    paused = place.ask(done(place, "pause").headers["location"]).html
    assert "Done: cutover.pause, shadow, paused; planes" in words(paused.cssselect("#done")[0])
    assert (state(place).paused, titles(place)) == (True, ["Advance…", "Hold…", "Resume…"])
    assert done(place, "resume").status == 303
    assert done(place, "hold", length="4h").status == 303
    assert state(place).held_until_ns == place.now_ns + 4 * 3_600_000_000_000
    assert "Held until" in words(place.ask("/cutovers/reads").html)
    (entry,) = place.entries(action="cutover.start")
    assert (entry["actor"], entry["reason"], entry["via"]) == ("ann", "CHG-7", "on the machine itself")


def test_a_rollback_is_what_the_command_does(place: Place) -> None:
    equal_to_candidate(place)
    assert state(place).phase == "canary"
    assert done(place, "rollback").status == 303
    now = state(place)
    assert (now.phase, now.weight, now.actor, now.reason) == ("shadow", 0, "ann", "because")
    (entry,) = place.entries(action="cutover.rollback")
    assert (entry["before"]["phase"], entry["after"]["phase"]) == ("canary", "shadow")


def equal_to_candidate(place: Place, actor: str = "mara") -> None:
    """Into the canary, by the gate."""
    place.start()
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    ledger = place.ledger()
    move(ledger, place.loaded, "reads", Event("advance", actor, "go"), place.now_ns)
    ledger.close()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"confirm": "later"}, "the name was not typed as it is: reads"),
        ({"confirm": ""}, "the name was not typed"),
        ({"confirm": "READS"}, "the name was not typed"),
        ({"reason": "  "}, "a reason is missing"),
        ({"generation": "x"}, "does not say which state"),
        ({"reason": "x" * 3000}, "the reason is too long"),
    ],
)
def test_what_is_not_confirmed_is_not_done_and_what_was_typed_stays(
    shadowed: Place, typed: dict[str, str], said: str
) -> None:
    answer = done(shadowed, "pause", **{"reason": "<b>kept</b>", **typed})
    assert answer.status == 400
    assert said in words(answer.html)
    assert not state(shadowed).paused
    if typed.get("reason") is None:
        assert answer.html.cssselect("textarea")[0].text == "<b>kept</b>"
    wrong = {each.get("name") for each in answer.html.xpath("//*[@aria-invalid='true']")}
    assert wrong == (
        {next(iter(typed))} if "generation" not in typed and typed.get("reason") != "x" * 3000 else set()
    )


def test_the_gate_s_whole_answer_is_shown_where_it_does_not_agree(place: Place) -> None:
    differing(place)
    answer = done(place, "advance")
    assert answer.status == 409
    said = words(answer.html)
    assert "The gate does not agree." in said
    assert len(answer.html.cssselect("li.reason")) >= 2
    assert state(place).phase == "shadow"


def test_the_gate_agrees_and_it_advances(place: Place) -> None:
    place.start()
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    answer = done(place, "advance")
    assert answer.status == 303, words(answer.html)
    assert state(place).phase == "canary"


def test_two_at_once_one_is_told_that_somebody_was_first(shadowed: Place) -> None:
    hold, pause = form(shadowed, "hold"), form(shadowed, "pause")
    typed = {"confirm": "reads", "reason": "look"}
    assert shadowed.send("/cutovers/reads/hold", {**hold, **typed}).status == 303
    answer = shadowed.send("/cutovers/reads/hold", {**hold, **typed, "length": "8h"})
    assert answer.status == 409
    assert "somebody moved it since you looked" in words(answer.html)
    # What makes it safer is done all the same.
    assert shadowed.send("/cutovers/reads/pause", {**pause, **typed}).status == 303
    again = shadowed.send("/cutovers/reads/pause", {**pause, **typed})
    assert (again.status, again.headers["location"]) == (303, "/cutovers/reads?entry=0")
    assert "Nothing changed" in words(shadowed.ask(again.headers["location"]).html)
    assert len(shadowed.entries(action="cutover.pause")) == 1


def asked_for_approval(place: Place) -> None:
    place.file.write_text(place.file.read_text().partition("policy:")[0] + APPROVED)
    place.start()
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))


def test_who_asked_cannot_approve_and_somebody_else_can(place: Place) -> None:
    asked_for_approval(place)
    asked = done(place, "advance")
    assert asked.status == 409
    assert "approval" in words(asked.html)
    own = done(place, "approve")
    assert own.status == 409
    assert "ann asked for it, so somebody else approves it" in words(own.html)
    place.visitor = replace(place.visitor, name="ben", roles=frozenset({"approver"}))
    assert done(place, "approve", reason="looks right").status == 303
    assert place.ask("/cutovers/reads/advance").status == 403
    (given,) = place.entries(action="approval.given")
    assert (given["actor"], given["reason"], given["via"]) == ("ben", "looks right", "on the machine itself")
    place.visitor = replace(place.visitor, name="ann", roles=frozenset({"operator"}))
    assert place.ask("/cutovers/reads/approve").status == 403
    assert done(place, "advance").status == 303
    assert state(place).phase == "canary"


def test_what_was_found_since_somebody_looked_voids_their_approval(place: Place) -> None:
    asked_for_approval(place)
    done(place, "advance")
    place.visitor = replace(place.visitor, name="ben")
    seen = form(place, "approve")
    place.write(place.judged().different(findings=(TOTAL,)))
    answer = place.send("/cutovers/reads/approve", {**seen, "confirm": "reads", "reason": "ok"})
    assert answer.status == 409
    assert "something was found since you looked" in words(answer.html)
    assert place.entries(action="approval.given") == []


def test_nothing_advances_while_everything_is_on_legacy(shadowed: Place) -> None:
    folder = shadowed.folder / ".strangler"
    folder.mkdir()
    put(folder, on_legacy(Table(9, 0), shadowed.now_ns, reason="fire", actor="mara"))
    answer = done(shadowed, "advance")
    assert answer.status == 409
    assert "an override is in force" in words(answer.html)


def test_what_cannot_be_done_now_is_not_offered(place: Place) -> None:
    assert "There is nothing to roll back now" in words(place.ask("/cutovers/reads/rollback").html)
    assert place.ask("/cutovers/nowhere/rollback").status == 404
    refused = place.send(
        "/cutovers/reads/advance",
        {"csrf": place.visitor.csrf, "confirm": "reads", "reason": "x", "generation": "0"},
    )
    assert refused.status == 409
    assert "it has not started" in words(refused.html)


def test_who_may_only_look_is_offered_nothing(shadowed: Place) -> None:
    shadowed.visitor = Visitor("eve", frozenset({"viewer"}), "local", "here", b"key")
    assert titles(shadowed) == []
    for act in ACTS:
        target = f"/cutovers/reads/{act.name}"
        typed = {"csrf": shadowed.visitor.csrf, "confirm": "reads", "reason": "x", "generation": "1"}
        assert shadowed.ask(target).status == 403
        assert shadowed.send(target, typed).status == 403
    assert state(shadowed).phase == "shadow"


def test_a_form_of_somebody_else_s_session_does_nothing(shadowed: Place) -> None:
    fields = form(shadowed, "pause")
    for csrf in ("", "0" * 32, replace(shadowed.visitor, key=b"other").csrf):
        said = {**fields, "csrf": csrf, "confirm": "reads", "reason": "x"}
        answer = shadowed.send("/cutovers/reads/pause", said)
        assert (answer.status, "not made for this session" in words(answer.html)) == (403, True)
    assert not state(shadowed).paused


def test_what_is_no_form_is_refused(shadowed: Place) -> None:
    target, mine = "/cutovers/reads/pause", shadowed.visitor.csrf
    assert shadowed.ask(target, "POST", b"{}", content_type="text/plain").status == 400
    assert shadowed.ask(target, "POST", b"{}", content_type="application/json").status == 400
    twice = f"csrf={mine}&confirm=reads&confirm=later&reason=x".encode()
    kind = {"content_type": "application/x-www-form-urlencoded"}
    for body in (twice, b"a=" + b"x" * 20_000, b"\xff=1", f"csrf={mine}&reason=%00".encode()):
        assert shadowed.ask(target, "POST", body, **kind).status == 400
    assert not state(shadowed).paused
