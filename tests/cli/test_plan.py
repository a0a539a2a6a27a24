"""`strangler cutover plan` and `apply`: the way ahead, bound to what is known, and refused once that has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strangler.ledger import audit
from strangler.ledger.cutovers import state_of
from strangler.planned import PlanFile, id_of

from .conftest import Place, Strangler


@pytest.fixture
def shadowed(place: Place, strangler: Strangler) -> Place:
    """In shadow, with evidence that passes."""
    strangler("cutover", "start", "reads")
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    return place


def standing(place: Place) -> tuple[str, int, int]:
    ledger = place.ledger()
    with ledger.read() as connection:
        state = state_of(connection, "reads")
    ledger.close()
    return state.phase, state.weight, state.generation


def test_it_shows_the_way_and_writes_nothing_unasked(place: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    ran = strangler("cutover", "plan", "reads", "--to", "retired", "--actor", "ann")
    assert ran.code == 0
    for words in (
        "1. canary 1 %",
        "5. canary 100 %",
        "6. candidate",
        "7. retired",
        "legacy holds it",
        "made by ann",
    ):
        assert words in ran.out
    assert "way back   none: legacy is asked nothing any more" in ran.out
    assert [path.name for path in place.folder.glob("*.json")] == []


@pytest.mark.parametrize(
    ("target", "last"),
    [("canary", "canary 1 %"), ("25%", "canary 25 %"), ("5", "canary 5 %"), ("candidate", "candidate")],
)
def test_how_far(shadowed: Place, strangler: Strangler, target: str, last: str) -> None:
    assert strangler("cutover", "plan", "reads", "--to", target, "--json").json["steps"][-1]["to"] == last


@pytest.mark.parametrize("target", ["shadow", "3%", "legacy", "everything"])
def test_where_it_does_not_lead(shadowed: Place, strangler: Strangler, target: str) -> None:
    ran = strangler("cutover", "plan", "reads", "--to", target)
    assert ran.code == 2
    assert "is not ahead of it: it is in shadow" in ran.err
    assert "canary 1 %, canary 5 %" in ran.err


def test_it_is_applied_step_by_step_to_its_end_and_no_further(shadowed: Place, strangler: Strangler) -> None:
    assert strangler("cutover", "plan", "reads", "--to", "5%", "-o", "plan.json").code == 0
    assert strangler("cutover", "plan", "reads", "-o", "plan.json").code == 2, "nothing is overwritten"
    for weight in (100, 500):
        ran = strangler("cutover", "apply", "plan.json", "--actor", "bob", "--reason", "as agreed")
        assert ran.code == 0, ran.err
        assert f"canary {weight // 100} %, by bob" in ran.out
        assert standing(shadowed)[:2] == ("canary", weight)
        shadowed.reverse()  # traffic goes on: equal comparisons make no plan stale
    before = standing(shadowed)
    for _ in range(2):
        ran = strangler("cutover", "apply", "plan.json")
        assert (ran.code, "already; nothing changed" in ran.out) == (0, True)
    assert standing(shadowed) == before


def test_from_the_very_beginning(place: Place, strangler: Strangler) -> None:
    place.write()
    strangler("cutover", "plan", "reads", "--to", "canary", "-o", "plan.json")
    assert "legacy → shadow" in strangler("cutover", "apply", "plan.json").out
    ran = strangler("cutover", "apply", "plan.json")
    assert ran.code == 3, "the gate's code"
    assert "no request of `invoice` was compared" in ran.out + ran.err or "nothing was compared" in ran.out


def test_the_gate_is_asked_as_by_advance(shadowed: Place, strangler: Strangler) -> None:
    shadowed.write(shadowed.judged().different())
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    ran = strangler("cutover", "apply", "plan.json", "--json")
    assert (ran.code, ran.json["gate"]["status"], ran.json["changed"]) == (1, "blocked", False)
    assert standing(shadowed)[0] == "shadow"


def refused(place: Place, strangler: Strangler, words: str) -> None:
    before = standing(place)
    ran = strangler("cutover", "apply", "plan.json")
    assert ran.code == 1
    assert "the plan is stale: " in ran.err
    assert words in ran.err
    assert standing(place) == before


def test_other_findings(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    shadowed.write(shadowed.judged().different())
    refused(shadowed, strangler, "the findings are others")


def test_other_findings_between_two_steps(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    assert strangler("cutover", "apply", "plan.json").code == 0
    shadowed.write(shadowed.judged().different())
    refused(shadowed, strangler, "the findings are others")


def test_another_version_of_the_candidate(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    shadowed.now_ns += 60_000_000_000
    shadowed.write(*shadowed.judged(version="2").equals(3))
    refused(shadowed, strangler, "of another epoch")


def test_another_configuration(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    text = shadowed.file.read_text(encoding="utf-8")
    shadowed.file.write_text(text.replace("rate: 1%", "rate: 2%"), encoding="utf-8")
    refused(shadowed, strangler, "the configuration is another: its policy changed")


def test_somebody_moved_it(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    assert strangler("cutover", "advance", "reads").code == 0
    refused(shadowed, strangler, "the cutover was moved: it stood at generation")


def test_it_expires(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "--valid", "1h", "-o", "plan.json")
    shadowed.now_ns += 3_600_000_000_000
    refused(shadowed, strangler, "it expired at")


def rewritten(file: Path, **change: Any) -> None:
    plan = msgspec.json.decode(file.read_bytes(), type=PlanFile)
    plan = msgspec.structs.replace(plan, **change)
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(plan, id=id_of(plan))))


def test_a_forged_plan_takes_no_other_way(shadowed: Place, strangler: Strangler) -> None:
    file = shadowed.folder / "plan.json"
    strangler("cutover", "plan", "reads", "--to", "retired", "-o", file)
    steps = msgspec.json.decode(file.read_bytes(), type=PlanFile).steps
    rewritten(file, steps=steps[3:])
    refused(shadowed, strangler, "its steps are not those that this configuration gives")
    shadow = msgspec.structs.replace(steps[0], phase="shadow", weight=0, to="shadow")
    rewritten(file, steps=(shadow,))
    refused(shadowed, strangler, "its steps are not those that this configuration gives")
    rewritten(file, cutover="nope")
    assert strangler("cutover", "apply", file).code == 2
    body = json.loads(file.read_text())
    file.write_text(json.dumps({**body, "made_by": "the boss"}))
    ran = strangler("cutover", "apply", file)
    assert (ran.code, "changed after it was made" in ran.err) == (2, True)
    assert strangler("cutover", "apply", "no.json").code == 2


def test_an_override_keeps_it_back(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "-o", "plan.json")
    state = shadowed.folder / shadowed.loaded.config.serve.state
    state.mkdir(exist_ok=True)
    assert strangler("cutover", "rollback", "--all", "--yes").code == 0
    assert strangler("cutover", "apply", "plan.json").code == 4


def test_the_audit_has_each_step_once(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "plan", "reads", "--to", "5%", "-o", "plan.json")
    for _ in range(4):
        strangler("cutover", "apply", "plan.json", "--actor", "bob")
        shadowed.reverse()
    ledger = shadowed.ledger()
    with ledger.read() as connection:
        entries = audit.entries(connection, subject="reads")
        assert audit.verify(connection) is None
    ledger.close()
    assert [(entry.body["action"], entry.body["actor"]) for entry in entries][:2] == [
        ("cutover.advance", "bob")
    ] * 2
    assert len(entries) == 3
