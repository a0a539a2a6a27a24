"""A plan as a value: its way, what it is bound to, and what a file of unknown origin may hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from strangler.canonical import digest
from strangler.clocks import SKEW_NS
from strangler.cutover import CutoverState, plan_of, way
from strangler.errors import UsageError
from strangler.evidence import Evidence
from strangler.planned import (
    LARGEST,
    Basis,
    PlanFile,
    basis_of,
    decoded,
    encoded,
    id_of,
    planned,
    stale,
)
from strangler.testing.judged import CONFIG, START, configuration

CONFIGURATION = configuration(
    CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice, invoices]\n    steps: [5, 100]\n    pinned: [a, b]"
    )
).config
STATE = CutoverState("reads", "shadow", generation=3)
EVIDENCE = Evidence("reads", "shadow", False, 1, "d", "1", 1, 0, (), generation=3)


EFFECTS = """\
effects:
      month-end: {legacy: {url: "http://legacy.test/runs"}, candidate: {url: "http://candidate.test/runs"}}
      reminders: {kind: mailer, moves: canary}
      archive: {owner: legacy}
"""


def made(state: CutoverState = STATE, last: int = -1) -> PlanFile:
    ahead = way(plan_of(CONFIGURATION, "reads"), state)
    return planned(
        CONFIGURATION, state, EVIDENCE, ahead[last], made_by="ann", made_ns=START, expires_ns=START + 60
    )


def test_every_step_says_what_it_takes_and_means() -> None:
    found = made(CutoverState("reads"))
    assert [(step.to, step.owner) for step in found.steps] == [
        ("shadow", "legacy"),
        ("canary 5 %", "legacy"),
        ("canary 100 %", "legacy"),
        ("candidate", "candidate"),
        ("retired", "candidate"),
    ]
    shadow, canary, *_, retired = found.steps
    assert (shadow.gate, shadow.back) == ("is not asked", "nothing to take back")
    assert "at most 1 % mismatch" in canary.gate
    assert canary.table.startswith(
        "invoice, invoices: the candidate answers customers of buckets below 500 of 10,000"
    )
    assert "and 2 pinned" in canary.table
    assert "legacy holds the record" in canary.back
    assert retired.back.startswith("none")


def test_a_file_gives_the_plan_back_and_its_id_is_of_its_content() -> None:
    plan = made()
    assert decoded(encoded(plan).encode(), "x") == plan
    body = json.loads(encoded(plan))
    del body["id"]
    assert plan.id == digest({**body, "id": ""})


def tampered(**change: Any) -> bytes:
    return msgspec.json.encode({**json.loads(encoded(made())), **change})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (tampered(made_by="bob"), "changed after it was made"),
        (tampered(expires_ns=START * 2), "changed after it was made"),
        (tampered(id="0" * 64), "changed after it was made"),
        (tampered(steps=[]), "no steps"),
        (tampered(format="strangler-plan-2"), "is no plan"),
        (tampered(more=1), "is no plan"),
        (tampered(made_ns="now"), "is no plan"),
        (tampered(made_ns=1 << 80), "is no plan"),
        (tampered(expires_ns=-1), "is no plan"),
        (b"", "is no plan"),
        (b"[" * 100_000, "is no plan"),
        (b"\xff{}", "is no plan"),
        (b"null", "is no plan"),
        (b" " * (LARGEST + 1), "over 1 MiB"),
    ],
)
def test_a_file_of_unknown_origin_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        decoded(body, "plan.json")
    assert str(caught.value).startswith("plan.json: ")


def now(plan: PlanFile, **change: Any) -> Basis:
    return msgspec.structs.replace(plan.basis, **change)


def test_while_nothing_changed_it_is_not_stale() -> None:
    plan = made()
    assert basis_of(CONFIGURATION, EVIDENCE) == plan.basis
    assert stale(plan, plan.basis, START) == stale(plan, plan.basis, START - SKEW_NS) == ()


@pytest.mark.parametrize(
    ("change", "at_ns", "words"),
    [
        ({}, START + 60, "it expired at 2023-11-14 22:13:20 UTC"),
        ({}, START - SKEW_NS - 1, "which is yet to come"),
        ({"findings": "f"}, START, "the findings are others"),
        ({"epoch": "e"}, START, "of another epoch"),
        ({"generation": 4}, START, "it stood at generation 3, and is at 4"),
    ],
)
def test_each_way_to_be_stale_is_named(change: dict[str, Any], at_ns: int, words: str) -> None:
    plan = made()
    (said,) = stale(plan, now(plan, **change), at_ns)
    assert words in said


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        (lambda text: text.replace("GET /invoices\n", "GET /bills\n"), "its routes"),
        (lambda text: text.replace("rate: 1%", "rate: 2%"), "its policy"),
        (lambda text: text.replace("steps: [5, 100]", "steps: [6, 100]"), "`cutovers.reads`"),
        (lambda text: text.replace("127.0.0.1:2", "127.0.0.1:3"), "legacy, candidate or strata"),
        (lambda text: text + "rules:\n  - ignore: $.id\n", "the rules"),
    ],
)
def test_what_of_the_configuration_changed_is_named(edit: Callable[[str], str], part: str) -> None:
    text = CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice, invoices]\n    steps: [5, 100]\n    pinned: [a, b]"
    )
    plan, changed = made(), configuration(edit(text)).config
    (said,) = stale(plan, basis_of(changed, EVIDENCE), START)
    assert said == f"the configuration is another: {part} changed"


def test_a_setting_that_does_not_decide_changes_nothing() -> None:
    text = CONFIG + "serve: {planes: 2}\n"
    assert basis_of(configuration(text).config, EVIDENCE) == basis_of(configuration().config, EVIDENCE)


def test_the_longest_times_are_still_said() -> None:
    plan = msgspec.structs.replace(made(), expires_ns=0, made_ns=1 << 62)
    plan = msgspec.structs.replace(plan, id=id_of(plan))
    assert len(stale(decoded(encoded(plan).encode(), "x"), plan.basis, START)) == 2


def test_a_plan_says_which_effects_change_their_owner_and_at_which_step() -> None:
    config = configuration(
        CONFIG.replace("routes: [invoice, invoices]", "routes: [invoice, invoices]\n    " + EFFECTS.rstrip())
    ).config
    ahead = way(plan_of(config, "reads"), STATE)
    plan = planned(config, STATE, EVIDENCE, ahead[-1], made_by="ann", made_ns=START, expires_ns=START + 60)
    assert {step.to: step.hands_over for step in plan.steps if step.hands_over} == {
        "canary 1 %": ("reminders",),
        "candidate": ("month-end",),
    }
