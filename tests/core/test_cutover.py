"""The transition table, and that nothing it allows goes forward without the gate."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from strangler.clocks import SKEW_NS
from strangler.cutover import (
    HOLD_MOST_NS,
    TABLE,
    CutoverState,
    Event,
    EventName,
    Plan,
    decide,
    held_until,
    needs_verdict,
    next_step,
    plan_of,
    rollback_held,
)
from strangler.errors import Refused, UsageError
from strangler.gate import Reason, Status, Verdict
from strangler.routing.table import OWNER, Phase
from strangler.testing.judged import CONFIG, configuration

PLAN = Plan("reads", (100, 500, 2500, 10_000), (), shared=False)
PHASES: tuple[Phase, ...] = ("legacy", "shadow", "canary", "candidate", "retired")
EVENTS: tuple[EventName, ...] = ("start", "advance", "pause", "hold", "resume", "rollback", "auto-rollback")
HOUR = 3_600_000_000_000


def verdict(status: Status = "pass") -> Verdict:
    reasons = () if status == "pass" else (Reason("x", status, "m", "r", "do something"),)
    return Verdict("reads", status, reasons)


def event(name: EventName, status: Status | None = "pass") -> Event:
    return Event(name, "ann", "why", verdict(status) if status else None, HOUR)


def at(phase: Phase, step: int = 0) -> CutoverState:
    if phase == "canary":
        return CutoverState("reads", phase, step, PLAN.steps[step])
    return CutoverState("reads", phase)


def test_every_phase_has_an_answer_to_every_event() -> None:
    assert {(phase, name) for phase, row in TABLE.items() for name in row} == set(product(PHASES, EVENTS))


def test_the_whole_way_and_what_it_publishes() -> None:
    state, seen = CutoverState("reads"), []
    forward: list[EventName] = ["advance"] * 6
    names: list[EventName] = ["start", *forward]
    for number, name in enumerate(names):
        state, actions = decide(PLAN, state, event(name), number)
        assert "publish" in actions
        assert ("resolve-unseen" in actions) is (name == "advance")
        seen.append((state.phase, state.weight, state.since_ns))
    assert seen == [
        ("shadow", 0, 0),
        ("canary", 100, 1),
        ("canary", 500, 2),
        ("canary", 2500, 3),
        ("canary", 10_000, 4),
        ("candidate", 0, 5),
        ("retired", 0, 6),
    ]


@pytest.mark.parametrize(("phase", "name"), list(product(PHASES, EVENTS)))
def test_each_event_done_twice_is_done_once_but_advance(phase: Phase, name: EventName) -> None:
    try:
        once, _ = decide(PLAN, at(phase), event(name), 1)
    except Refused:
        with pytest.raises(Refused):
            decide(PLAN, at(phase), event(name), 2)
        return
    if name == "advance" and once.phase != "retired":
        return  # the next step is another event: the compare-and-swap on the generation guards it
    twice, actions = decide(PLAN, once, event(name), 2)
    assert twice == once
    assert actions == ()


@pytest.mark.parametrize("phase", ["shadow", "canary", "candidate"])
@pytest.mark.parametrize(("status", "code"), [("blocked", 1), ("insufficient", 3), ("frozen", 4), (None, 3)])
def test_forward_needs_a_pass(phase: Phase, status: Status | None, code: int) -> None:
    assert needs_verdict(at(phase), "advance")
    with pytest.raises(Refused) as caught:
        decide(PLAN, at(phase), event("advance", status), 1)
    assert caught.value.exit_code == code
    if status:
        assert "do something" in str(caught.value)


def test_a_verdict_about_another_cutover_does_not_count() -> None:
    other = replace(event("advance"), verdict=replace(verdict(), cutover="other"))
    with pytest.raises(Refused, match="about cutover `other`"):
        decide(PLAN, at("shadow"), other, 1)


@pytest.mark.parametrize("phase", ["canary", "candidate"])
@pytest.mark.parametrize("name", ["rollback", "auto-rollback"])
@pytest.mark.parametrize("paused", [False, True])
def test_back_is_always_permitted_and_leads_to_shadow(phase: Phase, name: EventName, paused: bool) -> None:
    after, actions = decide(PLAN, replace(at(phase), paused=paused), event(name, None), 1)
    assert (after.phase, after.weight, after.step, after.paused) == ("shadow", 0, -1, False)
    assert actions == ("publish",)
    assert not needs_verdict(at(phase), name)


def test_retired_has_no_way_back() -> None:
    with pytest.raises(Refused, match="retired"):
        decide(PLAN, at("retired"), event("rollback"), 1)
    assert decide(PLAN, at("retired"), event("auto-rollback"), 1) == (at("retired"), ())


def test_what_is_paused_holds_its_weight_and_goes_on_after_resume() -> None:
    held, _ = decide(PLAN, at("canary", 1), event("pause"), 1)
    assert (held.paused, held.weight) == (True, 500)
    with pytest.raises(Refused, match="paused: why") as caught:
        decide(PLAN, held, event("advance"), 2)
    assert caught.value.exit_code == 4
    released, _ = decide(PLAN, held, event("resume"), 3)
    assert decide(PLAN, released, event("advance"), 4)[0].weight == 2500


def test_what_is_held_neither_advances_nor_is_rolled_back_by_statistics_and_ends_by_itself() -> None:
    held, actions = decide(PLAN, at("canary", 1), event("hold"), 1)
    assert (held.weight, held_until(held, 1), rollback_held(held, 1), actions) == (
        500,
        HOUR,
        True,
        ("publish",),
    )
    with pytest.raises(Refused, match="it is held: why") as caught:
        decide(PLAN, held, event("advance"), HOUR - 1)
    assert caught.value.exit_code == 4
    assert (held_until(held, HOUR), rollback_held(held, HOUR)) == (0, False)
    after, _ = decide(PLAN, held, event("advance"), HOUR)
    assert (after.weight, after.held_until_ns) == (2500, 0)
    released, _ = decide(PLAN, held, event("resume"), 2)
    assert (released.held_from_ns, released.held_until_ns) == (0, 0)
    longer, _ = decide(PLAN, held, replace(event("hold"), until_ns=2 * HOUR), 5)
    assert (longer.held_from_ns, longer.held_until_ns) == (5, 2 * HOUR)


@pytest.mark.parametrize("name", ["rollback", "auto-rollback"])
def test_a_hold_ends_with_a_rollback(name: EventName) -> None:
    held, _ = decide(PLAN, at("candidate"), event("hold"), 1)
    after, _ = decide(PLAN, held, event(name, None), 2)
    assert (after.phase, after.held_until_ns) == ("shadow", 0)


@pytest.mark.parametrize("until", [0, 1, -HOUR, HOLD_MOST_NS + 2])
def test_a_hold_is_bounded(until: int) -> None:
    with pytest.raises(Refused, match="three days at most"):
        decide(PLAN, at("canary"), replace(event("hold"), until_ns=until), 1)


def test_a_clock_that_goes_back_arms_the_rollback_and_lets_nothing_advance() -> None:
    held, _ = decide(PLAN, at("canary"), replace(event("hold"), until_ns=50 * HOUR), 40 * HOUR)
    assert rollback_held(held, 41 * HOUR)
    assert rollback_held(held, 40 * HOUR - SKEW_NS)
    assert not rollback_held(held, 40 * HOUR - SKEW_NS - 1)
    assert held_until(held, 1) == 50 * HOUR


def test_a_soak_goes_on_through_pause_and_hold_and_begins_anew_with_a_step() -> None:
    state = replace(at("canary", 1), looked_ns=100)
    paused, _ = decide(PLAN, state, event("pause"), 160)
    assert (paused.soaked_ns, paused.looked_ns) == (60, 160)
    held, _ = decide(PLAN, paused, event("hold"), 170)
    released, _ = decide(PLAN, held, event("resume"), 175)
    assert (released.soaked_ns, released.looked_ns) == (75, 175)
    further, _ = decide(PLAN, released, event("advance"), 200)
    assert (further.soaked_ns, further.looked_ns) == (0, 200)


def test_a_route_that_writes_needs_shared_records() -> None:
    writes = replace(PLAN, unsafe=("pay",))
    with pytest.raises(Refused, match="`pay` may write"):
        decide(writes, at("shadow"), event("advance"), 1)
    assert decide(writes, at("legacy"), event("start"), 1)[0].phase == "shadow"
    shared = replace(writes, shared=True)
    assert decide(shared, at("shadow"), event("advance"), 1)[0].phase == "canary"


def test_steps_that_changed_in_the_file_never_narrow_the_canary() -> None:
    other = replace(PLAN, steps=(100, 300, 700))
    assert decide(other, at("canary", 1), event("advance"), 1)[0].weight == 700
    assert decide(other, at("canary", 2), event("advance"), 1)[0].phase == "candidate"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (at("legacy"), "shadow"),
        (at("shadow"), "canary 1 %"),
        (at("canary", 0), "canary 5 %"),
        (at("canary", 3), "candidate"),
        (at("candidate"), "retired"),
        (at("retired"), ""),
    ],
)
def test_the_next_step_in_words(state: CutoverState, words: str) -> None:
    assert next_step(PLAN, state) == words
    assert next_step(replace(PLAN, steps=(150,)), at("shadow")) == "canary 1.5 %"


def test_the_plan_comes_from_the_file() -> None:
    text = CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice, pay]\n    state: shared\n    steps: [0.5, 100]"
    )
    assert plan_of(configuration(text).config, "reads") == Plan("reads", (50, 10_000), ("pay",), shared=True)
    assert plan_of(configuration().config, "reads").unsafe == ()
    with pytest.raises(UsageError, match="no cutover `other`") as caught:
        plan_of(configuration().config, "other")
    assert "reads" in str(caught.value)


class Life(RuleBasedStateMachine):
    """Any sequence of events, verdicts and edits of the file against what must always hold."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CutoverState("reads")
        self.plan = PLAN
        self.passed = 0

    @rule(
        name=st.sampled_from(EVENTS),
        status=st.sampled_from(["pass", "blocked", "insufficient", "frozen", None]),
    )
    def happens(self, name: EventName, status: Status | None) -> None:
        before = self.state
        try:
            after, actions = decide(self.plan, before, event(name, status), 1)
        except Refused:
            return
        assert bool(actions) == (after != before)
        forward = PHASES.index(after.phase) > PHASES.index(before.phase) or after.weight > before.weight
        if forward and name != "start":
            assert status == "pass"
            assert not before.paused
            assert not held_until(before, 1)
        if after.phase == before.phase == "canary":
            assert after.weight >= before.weight
        if before.phase == "retired":
            assert after == before
        self.state = after

    @rule(steps=st.lists(st.integers(1, 10_000), min_size=1, max_size=5, unique=True))
    def the_file_changes(self, steps: list[int]) -> None:
        self.plan = replace(PLAN, steps=tuple(sorted(steps)))

    @invariant()
    def weight_belongs_to_canary(self) -> None:
        assert (self.state.weight > 0) == (self.state.phase == "canary") == (self.state.step >= 0)
        assert OWNER[self.state.phase] == (
            "candidate" if self.state.phase in ("candidate", "retired") else "legacy"
        )


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=25)
