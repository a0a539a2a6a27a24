"""Control by itself: a step once it has soaked and the gate passes; back while it waits, is paused or held."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from strangler.config import Loaded
from strangler.cutover import CutoverState, Event, EventName, decide, plan_of
from strangler.gate import Verdict
from strangler.ledger import approvals, audit
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.epochs import current
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger, open_ledger
from strangler.routing.table import Phase
from strangler.testing.clock import FakeClock
from strangler.testing.judged import CONFIG, START, Judged, configuration
from strangler_shadow.control.watch import Watch

AUTOMATIC = CONFIG.replace(
    "routes: [invoice, invoices]",
    "routes: [invoice, invoices]\n    steps: [5, 100]\n    advance: automatic\n    soak: 10m",
).replace("rate: 1%", "rate: 10%")
LOOK = 60
ROUTES = ("invoice", "invoices")


@dataclass
class Scene:
    """A ledger, a clock, and control's eyes."""

    ledger: Ledger
    clock: FakeClock
    watch: Watch
    judged: Judged

    def write(self, *batch: Settled) -> None:
        with self.ledger.begin() as connection:
            flush(connection, batch, now_ns=self.clock(), worker="w")

    def served(self) -> None:
        """Clean comparisons of both routes, with either side first, at the present time."""
        self.judged.at_ns = self.clock() - 2_000_000_000
        batch = [self.judged.equal(route) for route in ROUTES for _ in range(90)]
        batch += [self.judged.equal(route, primary="candidate", served_candidate=True) for route in ROUTES]
        self.write(*batch)

    def wait(self, seconds: int) -> None:
        """Time passes under control's eyes, and traffic goes on. (It looks more often; a minute is what counts.)"""
        for left in range(seconds, 0, -LOOK):
            self.clock.advance(min(left, LOOK))
            self.judged.at_ns = self.clock() - 1_000_000_000
            self.write(
                *(self.judged.equal(route, primary="candidate", served_candidate=True) for route in ROUTES)
            )
            self.watch.table()

    def state(self) -> CutoverState:
        with self.ledger.read() as connection:
            return state_of(connection, "reads")

    def operator(self, name: EventName, until_ns: int = 0) -> None:
        """As the command line does it, the gate having passed."""
        loaded = self.watch.loaded
        with self.ledger.begin() as connection:
            state = state_of(connection, "reads")
            event = Event(name, "anna", verdict=Verdict("reads", "pass", ()), until_ns=until_ns)
            after, _ = decide(plan_of(loaded.config, "reads"), state, event, self.clock())
            transition(
                connection,
                loaded.config,
                after,
                expected_generation=state.generation,
                event=name,
                now_ns=self.clock(),
            )

    def to(self, phase: Phase) -> None:
        self.operator("start")
        while self.state().phase != phase:
            self.operator("advance")

    def actions(self) -> list[tuple[str, str]]:
        with self.ledger.read() as connection:
            assert audit.verify(connection) is None
            found = audit.entries(connection, subject="reads")
        return [(entry.body["action"], entry.body["actor"]) for entry in reversed(found)]

    def attempt(self) -> int | None:
        with self.ledger.read() as connection:
            epoch = current(connection, self.watch.loaded.config, "reads")
        return epoch.attempt if epoch else None


def scene_of(ledger: Ledger, text: str) -> Scene:
    clock = FakeClock(START)
    loaded: Loaded = configuration(text)
    watch = Watch(loaded, lambda _create: ledger, clock)
    watch.publish("start")
    return Scene(ledger, clock, watch, Judged(loaded))


@pytest.fixture
def small(tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    """On SQLite: what is decided here does not depend on the database."""
    shutil.copy(sqlite_template, tmp_path / "ledger.db")
    made = open_ledger("sqlite:///ledger.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def scene(small: Ledger) -> Scene:
    return scene_of(small, AUTOMATIC)


def test_it_goes_all_the_way_to_candidate_and_never_to_retired(ledger: Ledger) -> None:
    scene = scene_of(ledger, AUTOMATIC)
    scene.operator("start")
    scene.served()
    scene.wait(590)
    assert scene.state().phase == "shadow", "it has not soaked"
    assert scene.attempt() is None, "and asking would have spent an attempt"
    scene.wait(20)
    assert (scene.state().phase, scene.state().weight, scene.attempt()) == ("canary", 500, 1)
    scene.wait(620)
    assert (scene.state().phase, scene.state().weight) == ("canary", 10_000)
    scene.wait(620)
    assert scene.state().phase == "candidate"
    scene.wait(1_300)
    assert scene.state().phase == "candidate"
    assert scene.actions() == [("cutover.start", "anna"), *[("cutover.advance", "control")] * 3]
    assert scene.attempt() == 1


def test_manual_goes_nowhere_by_itself(small: Ledger) -> None:
    scene = scene_of(small, AUTOMATIC.replace("advance: automatic", "advance: manual"))
    scene.operator("start")
    scene.served()
    scene.wait(700)
    assert (scene.state().phase, scene.attempt()) == ("shadow", None)


@pytest.mark.parametrize("held", ["pause", "hold", "override"])
def test_what_people_hold_does_not_go_on(scene: Scene, held: str) -> None:
    scene.operator("start")
    scene.served()
    if held == "override":
        scene.watch.overridden = lambda: True
    else:
        scene.operator(held, scene.clock() + 700_000_000_000)  # type: ignore[arg-type]
    scene.wait(660)
    assert scene.state().phase == "shadow"
    if held == "pause":
        scene.operator("resume")
    scene.watch.overridden = lambda: False
    scene.wait(60)
    assert scene.state().phase == "canary", "the soak went on meanwhile, and the hold ended by itself"


def test_another_version_of_the_candidate_holds_the_weight(scene: Scene) -> None:
    scene.to("canary")
    scene.served()
    scene.judged.version = "2"
    scene.clock.advance(60)
    scene.wait(1_200)
    assert (scene.state().phase, scene.state().weight) == ("canary", 500)
    assert scene.attempt() == 1, "asked for once, in the new epoch"
    scene.served()
    scene.wait(20)
    assert (scene.state().phase, scene.state().weight) == ("canary", 10_000)


def test_every_epoch_that_could_go_on_is_an_attempt_and_only_one(scene: Scene) -> None:
    scene.operator("start")
    scene.wait(900)
    assert (scene.state().phase, scene.attempt()) == ("shadow", 1), "too little evidence"
    scene.judged.version = "2"
    scene.clock.advance(60)
    scene.wait(200)
    assert scene.attempt() == 2


def test_it_asks_people_once_and_goes_on_when_they_agree(small: Ledger) -> None:
    scene = scene_of(small, AUTOMATIC + "  approvals: 1\n")
    scene.operator("start")
    scene.served()
    scene.wait(800)
    assert scene.state().phase == "shadow"
    assert scene.actions() == [("cutover.start", "anna"), ("approval.asked", "control")]
    with small.begin() as connection:
        evidence = read_evidence(connection, scene.watch.loaded, "reads", scene.clock())
        approvals.approve(connection, evidence, "", "bob", "", scene.clock(), 86_400_000)
    scene.wait(20)
    assert scene.state().phase == "canary"
    assert scene.actions()[-1] == ("cutover.advance", "control")


def test_a_jump_forward_ends_no_soak(scene: Scene) -> None:
    scene.operator("start")
    scene.served()
    scene.clock.advance(86_400 * 3)
    scene.served()
    scene.watch.table()
    assert (scene.state().phase, scene.state().soaked_ns) == ("shadow", LOOK * 1_000_000_000)
    scene.clock.advance(-86_400 * 3)
    scene.watch.table()
    scene.wait(560)
    assert scene.state().phase == "canary", "nor does one back hold it for days"


def bad(scene: Scene) -> list[Settled]:
    """A rate that the e-process decides against, none of it a wrong amount."""
    return [scene.judged.different() if i % 2 else scene.judged.equal() for i in range(120)]


@pytest.mark.parametrize("phase", ["canary", "candidate"])
@pytest.mark.parametrize("waits", ["", "pause", "approval"])
def test_it_rolls_back_by_itself_also_while_it_waits(small: Ledger, phase: Phase, waits: str) -> None:
    scene = scene_of(small, AUTOMATIC + ("  approvals: 2\n" if waits == "approval" else ""))
    scene.to(phase)
    scene.served()
    if waits == "pause":
        scene.operator("pause")
    if waits == "approval" and phase == "canary":
        scene.wait(700)
        assert scene.actions()[-1] == ("approval.asked", "control")
    scene.write(*bad(scene))
    scene.watch.table()
    assert (scene.state().phase, scene.state().paused) == ("shadow", False)
    assert scene.actions()[-1] == ("cutover.auto-rollback", "control")


def test_after_a_rollback_it_soaks_anew(scene: Scene) -> None:
    scene.to("canary")
    scene.served()
    scene.wait(200)
    scene.write(*bad(scene))
    scene.watch.table()
    assert (scene.state().phase, scene.state().soaked_ns) == ("shadow", 0)
    scene.wait(700)
    assert scene.state().phase == "shadow", "the epoch's divergences block"


@pytest.mark.parametrize("phase", ["canary", "candidate"])
def test_while_it_is_held_statistics_wait_and_a_wrong_amount_does_not(scene: Scene, phase: Phase) -> None:
    scene.to(phase)
    scene.served()
    scene.operator("hold", scene.clock() + 600_000_000_000)
    scene.write(*bad(scene))
    scene.watch.table()
    assert scene.state().phase == phase
    with_amount = scene.judged.different(severity="money", primary="candidate", served_candidate=True)
    scene.write(with_amount)
    scene.watch.table()
    assert (scene.state().phase, scene.state().held_until_ns) == ("shadow", 0)


@pytest.mark.parametrize("jump", [601, -86_400])
def test_a_hold_that_is_over_lets_statistics_roll_back(scene: Scene, jump: int) -> None:
    scene.to("canary")
    scene.served()
    scene.operator("hold", scene.clock() + 600_000_000_000)
    scene.write(*bad(scene))
    scene.clock.advance(jump)
    scene.watch.table()
    assert scene.state().phase == "shadow"


def test_looking_is_no_transition(scene: Scene) -> None:
    scene.operator("start")
    before = scene.state()
    scene.wait(100)
    after = scene.state()
    assert after.soaked_ns == 100_000_000_000
    assert replace(after, soaked_ns=before.soaked_ns, looked_ns=before.looked_ns) == before
    assert scene.actions() == [("cutover.start", "anna")]
