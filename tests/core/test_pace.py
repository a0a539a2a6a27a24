"""What a step waits for: whose approvals count, and for how long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strangler.clocks import SKEW_NS
from strangler.config.cutovers import CutoverConfig
from strangler.cutover import CutoverState
from strangler.errors import ConfigError, UsageError
from strangler.pace import (
    LOOK_MOST_NS,
    LOOK_NS,
    Given,
    advances_by_itself,
    approvals_needed,
    in_force,
    look_due,
    person,
    soak_of,
    soaked,
)
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
    assert {
        person(name) for name in ("ann\u200b bee", "\u202eann bee", "a\u00adnn\u00a0bee", "ann bee\u3164")
    } == {"ann bee"}
    for nobody in (" ", "\u200b", "\u3164 "):
        with pytest.raises(UsageError):
            person(nobody)


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


def plan(more: str) -> CutoverConfig:
    text = CONFIG.replace("routes: [invoice, invoices]", f"routes: [invoice]\n    {more}")
    return configuration(text).config.cutovers["reads"]


AUTOMATIC = "advance: automatic\n    soak: 1h"
HOUR = 3_600_000_000_000
STATE = CutoverState("reads", "canary", 0, 100, looked_ns=NOW)


def watched(state: CutoverState, *clock: int) -> CutoverState:
    """As control does it, at these times."""
    for now in clock:
        if look_due(plan(AUTOMATIC), state, now):
            state = replace(state, soaked_ns=soaked(state, now), looked_ns=now)
    return state


def test_a_soak_is_one_duration_or_one_per_phase() -> None:
    each = plan("soak: {shadow: 2h, candidate: 30d}")
    assert [soak_of(each, phase) for phase in ("legacy", "shadow", "canary", "candidate", "retired")] == [
        0,
        2 * HOUR,
        0,
        720 * HOUR,
        0,
    ]
    assert {soak_of(plan("soak: 90m"), phase) for phase in ("shadow", "canary", "candidate")} == {
        HOUR * 3 // 2
    }
    assert soak_of(plan("pinned: [a]"), "canary") == 0


@pytest.mark.parametrize("written", ["advance: automatic", "advance: automatic\n    soak: {shadow: 1h}"])
def test_automatic_needs_a_soak(written: str) -> None:
    with pytest.raises(ConfigError, match="needs `soak`"):
        plan(written)


def test_a_soak_is_the_time_that_was_watched() -> None:
    state = watched(STATE, *range(NOW, NOW + HOUR, LOOK_NS))
    assert soaked(state, NOW + HOUR) == HOUR
    gap = watched(STATE, NOW + LOOK_NS, NOW + 5 * HOUR)
    assert soaked(gap, NOW + 5 * HOUR) == LOOK_NS + LOOK_MOST_NS, "nobody looked for five hours"


def test_a_clock_that_jumps_neither_ends_a_soak_nor_holds_it_for_ever() -> None:
    forward = watched(STATE, NOW + 400 * DAY)
    assert soaked(forward, NOW + 400 * DAY) == LOOK_MOST_NS
    back = watched(forward, NOW)
    assert (back.looked_ns, back.soaked_ns) == (NOW, LOOK_MOST_NS), "counts on from the clock as it is now"
    again = watched(back, *range(NOW, NOW + HOUR, LOOK_NS))
    assert soaked(again, NOW + HOUR) >= HOUR
    assert soaked(back, NOW - DAY) == back.soaked_ns, "never less than it was"


def test_control_writes_only_while_a_soak_goes_on() -> None:
    assert not look_due(plan(AUTOMATIC), STATE, NOW + LOOK_NS - 1)
    assert look_due(plan(AUTOMATIC), STATE, NOW + LOOK_NS)
    assert not look_due(plan(AUTOMATIC), replace(STATE, soaked_ns=HOUR), NOW + DAY)
    assert not look_due(plan("pinned: [a]"), STATE, NOW + DAY)


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        (replace(STATE, soaked_ns=HOUR), True),
        (replace(STATE, soaked_ns=HOUR, phase="shadow", weight=0), True),
        (replace(STATE, soaked_ns=HOUR - 1, looked_ns=NOW), False),
        (replace(STATE, soaked_ns=HOUR, paused=True), False),
        (replace(STATE, soaked_ns=HOUR, held_until_ns=NOW + 1), False),
        (replace(STATE, soaked_ns=HOUR, held_until_ns=NOW), True),
        (replace(STATE, soaked_ns=HOUR, phase="candidate", weight=0), False),
        (replace(STATE, soaked_ns=HOUR, phase="legacy", weight=0), False),
        (replace(STATE, soaked_ns=HOUR, phase="retired", weight=0), False),
    ],
)
def test_what_goes_on_by_itself(state: CutoverState, goes: bool) -> None:
    assert advances_by_itself(plan(AUTOMATIC), state, NOW) is goes
    assert not advances_by_itself(plan("soak: 1h"), state, NOW)
