"""The whole controller against a small reference: operators, verdicts, a clock that jumps, an override, a lost ledger.

Crashes have a test of their own (tests/core/ledger/test_crashes.py).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from strangler.cutover import CutoverState, Event, EventName, plan_of, way
from strangler.errors import Conflict, LedgerUnavailable, Refused
from strangler.evidence import Evidence
from strangler.gate import Verdict
from strangler.ledger import approvals, audit
from strangler.ledger.applying import apply
from strangler.ledger.cutovers import current_table, republish, state_of
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger, open_ledger
from strangler.planned import planned
from strangler.routing.table import Table
from strangler.testing.clock import FakeClock
from strangler.testing.fixtures import sqlite_template  # noqa: F401
from strangler.testing.judged import CONFIG, Judged, configuration
from strangler_shadow.control.board import Board
from strangler_shadow.control.watch import Watch
from strangler_shadow.override import lift, on_legacy, put
from strangler_shadow.tables import Tables

TEXT = (
    CONFIG.replace("rate: 1%", "rate: 10%").replace(
        "routes: [invoice, invoices]",
        "routes: [invoice, invoices]\n    steps: [5, 50, 100]\n    pinned: [x]\n    soak: 1m\n    advance: automatic",
    )
    + "  approvals: {candidate: 1}\n  freshness: 90d\n"
)
ROUTES = ("invoice", "invoices")
BACK: dict[str, set[str]] = {"canary": {"shadow"}, "candidate": {"shadow"}}
TEMPLATE: list[Path] = []


class Controller(RuleBasedStateMachine):
    """One ledger, one control, one plane; `clean` and `dirty` are all that the reference knows of evidence."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="strangler-model-"))
        shutil.copy(TEMPLATE[0], self.folder / "ledger.db")
        self.loaded = configuration(TEXT)
        self.clock = FakeClock()
        self.ledger = open_ledger("sqlite:///ledger.db", self.folder, create=False)
        self.overridden = False
        self.watch = Watch(self.loaded, self._open, self.clock, lambda: self.overridden)
        self.watch.publish("start")
        self.board = Board()
        self.plane = Tables(self.folder, "legacy")
        self.judged = Judged(self.loaded)
        self.clean: set[str] = set()
        self.dirty: set[str] = set()
        self.last = CutoverState("reads")
        self.generation = 0

    def _open(self, create: bool) -> Ledger:
        return open_ledger("sqlite:///ledger.db", self.folder, create=create)

    def teardown(self) -> None:
        self.watch.close()
        self.ledger.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _state(self) -> CutoverState:
        with self.ledger.read() as connection:
            return state_of(connection, "reads")

    def _write(self, *batch: Settled) -> None:
        with self.ledger.begin() as connection:
            flush(connection, batch, now_ns=self.clock(), worker="w")

    def _seen(self) -> None:
        """Each transition is legal, has its pass, and only one entry."""
        state = self._state()
        if state.generation != self.last.generation:
            self._legal(self.last, state)
        self.last = state

    def _legal(self, before: CutoverState, after: CutoverState) -> None:
        assert after.generation > before.generation
        if (after.phase, after.weight) == (before.phase, before.weight):
            return
        if after.phase in BACK.get(before.phase, set()):
            return
        ahead = way(plan_of(self.loaded.config, "reads"), before)[0]
        assert (after.phase, after.weight) == (ahead.phase, ahead.weight), "one step at a time"
        if after.phase != "shadow":
            assert self.judged.version in self.clean - self.dirty, "no step without a pass"
            assert not before.paused
            assert after.actor != "control" or after.phase != "retired"

    @initialize(far=st.booleans())
    def begins(self, far: bool) -> None:
        """Half of the runs begin where customers are in the canary, and control has brought them there."""
        if not far:
            return
        self.operator("start", "ann")
        for _ in range(4):
            self.answers_well()
            self.clock.advance(25)
            self.control_looks()
        assert self._state().phase == "canary"

    @rule()
    def answers_well(self) -> None:
        self.judged.at_ns = self.clock() - 1_000_000_000
        batch = [self.judged.equal(route) for route in ROUTES for _ in range(60)]
        batch += [self.judged.equal(route, primary="candidate", served_candidate=True) for route in ROUTES]
        self._write(*batch)
        self.clean.add(self.judged.version)

    @rule(money=st.booleans())
    def answers_badly(self, money: bool) -> None:
        self.judged.at_ns = self.clock() - 1_000_000_000
        served: dict[str, Any] = {"primary": "candidate", "served_candidate": True} if money else {}
        self._write(self.judged.different(severity="money" if money else "major", **served))
        self.dirty.add(self.judged.version)

    @rule()
    def another_version(self) -> None:
        self.clock.advance(30)
        self.judged.version = str(int(self.judged.version) + 1)

    @rule(seconds=st.sampled_from([-90_000, -40, 1, 25, 25, 25, 70, 90_000]))
    def time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(
        name=st.sampled_from(["start", "start", "advance", "advance", "pause", "hold", "resume", "rollback"]),
        who=st.sampled_from(["ann", "bob"]),
    )
    def operator(self, name: EventName, who: str) -> None:
        heard: list[Verdict] = []

        def hears(verdict: Verdict, _: Evidence) -> None:
            heard.append(verdict)

        before = self._state()
        event = Event(name, who, "why", until_ns=self.clock() + 60_000_000_000)
        with contextlib.suppress(Refused, Conflict):
            moved = move(self.ledger, self.loaded, "reads", event, self.clock(), heard=hears)
            assert moved.before == before
            assert all(verdict.status == "pass" for verdict in heard), "what did not pass is refused"
        self._seen()

    @rule(who=st.sampled_from(["ann", "cid"]))
    def approves(self, who: str) -> None:
        with contextlib.suppress(Refused), self.ledger.begin() as connection:
            evidence = read_evidence(connection, self.loaded, "reads", self.clock())
            approvals.approve(connection, evidence, "", who, "", self.clock(), 86_400_000)

    @rule(waits=st.booleans())
    def plan_and_apply(self, waits: bool) -> None:
        with self.ledger.read() as connection:
            state = state_of(connection, "reads")
            evidence = read_evidence(connection, self.loaded, "reads", self.clock())
        ahead = way(plan_of(self.loaded.config, "reads"), state)
        if not ahead:
            return
        now = self.clock()
        plan = planned(
            self.loaded.config, state, evidence, ahead[0], made_by="eve", made_ns=now, expires_ns=now + 10**12
        )
        if waits:
            self.answers_badly(money=False)
        try:
            moved = apply(self.ledger, self.loaded, plan, "ann", "", now)
            assert not waits or moved.table is None, "other findings"
        except (Refused, Conflict):
            pass
        self._seen()

    @rule()
    def control_looks(self) -> None:
        before = self.plane.current
        table = self.watch.table()
        self._seen()
        if table is not None:
            self.board.post(table)
        if self.board.table is not None:
            self.plane.offer(self.board.table)
        with self.ledger.read() as connection:
            stands = current_table(connection)
        if not self.overridden:
            assert self.plane.current == stands, "plane and ledger agree once control has looked"
            self._nobody_moved_back(before, self.plane.current)

    def _nobody_moved_back(self, before: Table, after: Table) -> None:
        was = {route.name: route for route in before.routes}
        for route in after.routes:
            old = was.get(route.name)
            if old is not None and old.phase == route.phase == "canary":
                assert old.pinned <= route.pinned
                assert route.weight >= old.weight or self._went_back_between(before, after)

    def _went_back_between(self, before: Table, after: Table) -> bool:
        with self.ledger.read() as connection:
            found = audit.entries(connection, subject="reads")
        return any(
            entry.body["after"].get("phase") == "shadow"
            and before.generation < entry.body["after"].get("generation", 0) < after.generation
            for entry in found
        )

    @rule()
    def override(self) -> None:
        if self.overridden:
            with self.ledger.begin() as connection:
                floor = self.plane.current.generation + 1
                table = republish(
                    connection, self.loaded.config, now_ns=self.clock(), actor="ann", reason="", floor=floor
                )
            self.board.post(table)
            lift(self.folder)
        else:
            put(self.folder, on_legacy(self.plane.current, self.clock(), reason="", actor="ann"))
        self.overridden = not self.overridden
        self.plane.look_for_override()
        if self.board.table is not None:
            self.plane.offer(self.board.table)
        phases = {route.phase for route in self.plane.current.routes}
        assert not self.overridden or phases <= {"legacy", "shadow", "retired"}

    @rule()
    def the_ledger_is_away(self) -> None:
        before = self.plane.current
        (self.folder / "ledger.db").rename(self.folder / "aside.db")
        try:
            with pytest.raises(LedgerUnavailable):
                self.watch.table()
        finally:
            (self.folder / "aside.db").rename(self.folder / "ledger.db")
        assert self.plane.current == before

    @invariant()
    def chain_and_generations(self) -> None:
        with self.ledger.read() as connection:
            assert audit.verify(connection) is None
            table = current_table(connection)
            found = [
                entry.body["after"]["generation"]
                for entry in audit.entries(connection, subject="reads")
                if entry.body["action"].startswith("cutover.")
            ]
        assert found == sorted(set(found), reverse=True), "one entry per change"
        assert table is not None
        assert table.generation >= self.generation
        self.generation = table.generation
        state = self._state()
        assert (found[0] if found else 0) == state.generation


@pytest.fixture
def template(sqlite_template: Path) -> None:  # noqa: F811
    TEMPLATE[:] = [sqlite_template]


@pytest.mark.usefixtures("template")
def test_the_controller_against_its_reference() -> None:
    run_state_machine_as_test(
        Controller, settings=settings(max_examples=4, stateful_step_count=25, deadline=None)
    )


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("template")
def test_the_controller_for_longer() -> None:
    run_state_machine_as_test(
        Controller, settings=settings(max_examples=150, stateful_step_count=60, deadline=None)
    )
