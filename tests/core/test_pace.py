"""What a step waits for: whose approvals count, and for how long."""

from __future__ import annotations

import pytest

from strangler.cutover import CutoverState
from strangler.errors import ConfigError, UsageError
from strangler.pace import SKEW_NS, Given, approvals_needed, in_force, person
from strangler.routing.table import Phase
from strangler.testing.judged import CONFIG, configuration

DAY_MS = 86_400_000
DAY = DAY_MS * 1_000_000
NOW = 2_000 * DAY


def test_approvals_expire_and_those_who_asked_do_not_count() -> None:
    given = [Given("ann", NOW), Given("bob", NOW - DAY + 1), Given("cid", NOW - DAY), Given("dee", NOW - 5)]
    assert in_force(given, DAY_MS, NOW, excluded={"ann"}) == ("bob", "dee")


def test_a_clock_that_goes_back_makes_no_approval_last_longer() -> None:
    given = [Given("ann", NOW + SKEW_NS), Given("bob", NOW + SKEW_NS + 1), Given("cid", NOW + 300 * DAY)]
    assert in_force(given, DAY_MS, NOW, excluded=()) == ("ann",)


def test_one_person_is_one_however_the_name_is_spelt() -> None:
    assert {person(name) for name in ("Ann Bee", " ann  bee ", "\uff21nn bee", "ANN\tBEE")} == {"ann bee"}
    with pytest.raises(UsageError):
        person(" ")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2", {"canary": 2, "candidate": 2, "retired": 2, "shadow": 0}),
        ("{candidate: 2}", {"canary": 0, "candidate": 2, "retired": 0, "shadow": 0}),
    ],
)
def test_a_number_is_one_of_each_phase(written: str, wanted: dict[Phase, int]) -> None:
    policy = configuration(CONFIG + f"  approvals: {written}\n").config.policy_of("reads")
    assert {phase: approvals_needed(policy, CutoverState("reads", phase)) for phase in wanted} == wanted
    assert approvals_needed(configuration().config.policy_of("reads"), CutoverState("reads", "retired")) == 0


def test_a_cutover_says_only_what_differs() -> None:
    text = CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice]\n    policy: {approvals: {retired: 3}}"
    )
    wanted = configuration(text + "  approvals: {canary: 1}\n").config.policy_of("reads").approvals
    assert (wanted.canary, wanted.candidate, wanted.retired) == (1, 0, 3)


@pytest.mark.parametrize("written", ["-1", "21", "true", "{shadow: 1}", "one", "{canary: -1}", "1.5"])
def test_what_is_no_number_of_people_is_refused(written: str) -> None:
    with pytest.raises(ConfigError, match="approvals"):
        configuration(CONFIG + f"  approvals: {written}\n")
