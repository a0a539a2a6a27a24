"""The whole controller against a small reference: operators, verdicts, deaths, a clock that jumps, an override.

The reference (`strangler.testing.reference`) foretells each operation: how it ends, and everything it leaves. Here a
death is an exception out of the n-th write; those of whole processes are in test_dying.py.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import event as listening

from strangler.cutover import Event, EventName, plan_of, way
from strangler.errors import Conflict, LedgerUnavailable, Refused, UsageError
from strangler.ledger import approvals, audit
from strangler.ledger.applying import apply
from strangler.ledger.cutovers import current_table, republish, state_of
from strangler.ledger.epochs import epochs
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.store import Ledger, open_ledger
from strangler.planned import PlanFile, planned
from strangler.routing import RequestHead, route
from strangler.testing import reference
from strangler.testing.clock import FakeClock
from strangler.testing.dying import Died, Writes
from strangler.testing.judged import CONFIG, Judged, configuration
from strangler.testing.reference import ROUTES, Plan, Result, S, Terms, World
from strangler_shadow.control.board import Board
from strangler_shadow.control.watch import Watch
from strangler_shadow.override import lift, on_legacy, put
from strangler_shadow.tables import Tables

PINNED: Final = frozenset({"customer-7", "customer-8"})
TERMS: Final = Terms(
    steps=(500, 5_000, 10_000),
    rate=0.3,
    soak=30 * S,
    freshness=3_600 * S,
    people={"candidate": 1, "retired": 1},
    expire=86_400 * S,
    pinned=PINNED,
)
LOADED: Final = configuration(
    CONFIG.replace("rate: 1%", "rate: 30%")
    .replace(
        "invoice: GET /invoices/{id}",
        "invoice: {match: 'GET /invoices/{id}', identity: {header: X-Customer}}",
    )
    .replace(
        "invoices: GET /invoices\n", "invoices: {match: GET /invoices, identity: {header: X-Customer}}\n"
    )
    .replace(
        "routes: [invoice, invoices]",
        "routes: [invoice, invoices]\n    steps: [5, 50, 100]\n    pinned: [customer-7, customer-8]"
        "\n    soak: 30s\n    advance: automatic",
    )
    + "  approvals: {candidate: 1, retired: 1}\n  freshness: 1h\n"
)
PATHS: Final = ("/invoices/17", "/invoices")
CUSTOMERS: Final = tuple(f"customer-{number}" for number in range(200))
REACHED: Counter[tuple[str, str, str]] = Counter()
"""Phase (and weight), what was done, how it ended; over all examples of a run."""


@dataclass(frozen=True)
class Start:
    """A ledger to begin with, and what the reference knows of it."""

    file: Path
    world: World
    now_ns: int
    seq: int


STARTS: list[Start] = []


class Controller(RuleBasedStateMachine):
    """One ledger, one control, one plane, and the world as the reference has it."""

    start = 0

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self.folder = Path(tempfile.mkdtemp(prefix="strangler-model-"))
        self.writes = Writes()
        self.overridden, self.went_back = False, False
        self.board, self.plane = Board(), Tables(self.folder, "legacy")
        self.judged = Judged(LOADED)
        self.plan: tuple[PlanFile, Plan] | None = None
        self.on_candidate: frozenset[str] = frozenset()
        self.shown: object = None

    @initialize()
    def begins(self) -> None:
        """In one of the phases; `walked` has brought a ledger there."""
        self.stands_at(STARTS[self.start])

    def stands_at(self, start: Start) -> None:
        """Everything is as it was there, and the plane has the table; control is a new process."""
        shutil.copy(start.file, self.folder / "ledger.db")
        self.clock, self.world = FakeClock(start.now_ns), start.world
        self.judged.seq = start.seq
        self.ledger, self.watch = self._open(), self._control()
        with self.ledger.read() as connection:
            self.old = (state_of(connection, "reads"), self.world.stand)
            table = current_table(connection)
        if table is not None:
            self.plane.offer(table)

    def _open(self, create: bool = False) -> Ledger:
        ledger = open_ledger("sqlite:///ledger.db", self.folder, create=False)
        # A death is one of the process here, not of the machine: what was written is in the system's cache.
        listening.listen(ledger.engine, "connect", _unsynced)
        self.writes.count(ledger)
        ledger.close()
        return ledger

    def _control(self) -> Watch:
        return Watch(LOADED, self._open, self.clock, lambda: self.overridden)

    def teardown(self) -> None:
        try:
            with self.ledger.read() as connection:
                assert audit.verify(connection) is None
                found = audit.entries(connection, subject="reads", limit=10_000)
            moves = [entry.body["after"] for entry in found if entry.body["action"].startswith("cutover.")]
            generations = [after["generation"] for after in moves]
            assert generations == sorted(set(generations), reverse=True), "one entry per change"
        finally:
            self.watch.close()
            self.ledger.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # What was done, against what was to come of it.

    def _does(self, name: str, foretold: Result, at: int, action: Callable[[], object]) -> str:
        before = self.world
        self.writes.die_at(at)
        try:
            came: object = action()
            ended = "moved" if came else "same"
        except Refused as error:
            ended = f"refused {error.exit_code}"
        except Conflict:
            ended = "conflict"
        except UsageError:
            ended = "usage"
        except Died:
            ended = "died"
        self.writes.die_at(0)
        if name == "tick":
            ended = foretold.ended if ended != "died" else ended
        stood = before.stand
        where = stood.phase + (f" {stood.weight}" if stood.weight else "")
        REACHED[where, name, ended] += 1
        possible = [before, *foretold.commits]
        self._stands(possible if ended == "died" else possible[-1:])
        assert ended in (foretold.ended, "died"), (name, before, foretold)
        self.went_back |= stood.phase in ("canary", "candidate") and self.world.stand.phase == "shadow"
        return ended

    def _stands(self, possible: list[World]) -> None:
        """The ledger is as one of these worlds, wholly; that one is the world from now on."""
        with self.ledger.read() as connection:
            state = state_of(connection, "reads")
            known = {epoch.version: epoch.attempt or 0 for epoch in epochs(connection, "reads")}
            asked = approvals.requests(connection, "reads")
            table = current_table(connection)
        assert table is not None
        stand = reference.Stand(
            state.phase, state.weight, state.paused, state.generation, state.since_ns, state.soaked_ns,
            state.looked_ns, state.held_from_ns, state.held_until_ns,
        )  # fmt: skip
        requests = sorted(
            (each.asker, each.maker, sorted((g.by, g.at_ns) for g in each.given)) for each in asked
        )
        found = (stand, known, requests, table.generation)
        foretold = [_seen(world) for world in possible]
        assert found in foretold
        self.world = possible[foretold.index(found)]
        assert {entry.phase for entry in table.routes if entry.cutover} == {stand.phase}
        assert {entry.weight for entry in table.routes if entry.cutover} == {stand.weight}

    def _customers(self) -> None:
        """The plane has the ledger's table, every customer the side that is theirs, and widening moved nobody back."""
        with self.ledger.read() as connection:
            assert self.overridden or self.plane.current == current_table(connection)
        now = (self.plane.current, self.overridden)
        if now == self.shown:
            return
        self.shown = now
        served = {path: frozenset(filter(partial(self._on_candidate, path), CUSTOMERS)) for path in PATHS}
        serves = partial(reference.serves, TERMS, self.world.stand, overridden=self.overridden)
        expected = frozenset(name for name in CUSTOMERS if serves(name) == "candidate")
        assert set(served.values()) == {expected}, "routes of one cutover move together"
        assert self.went_back or self.on_candidate <= expected, "nobody moves back"
        self.on_candidate, self.went_back = expected, False

    def _on_candidate(self, path: str, name: str) -> bool:
        head = RequestHead("GET", path, ((b"x-customer", name.encode()),))
        return route(self.plane.current, head).primary == "candidate"

    def _writes_down(self, differs: int, *, money: bool = False) -> None:
        judged, now = self.judged, self.clock()
        judged.at_ns = now - S
        batch, seen = [], []
        for name in ROUTES:
            for turn in range(24):
                side = "candidate" if turn % 12 == 0 else "legacy"
                bad = name == "invoice" and turn < differs
                more: dict[str, Any] = {"primary": side, "served_candidate": side == "candidate"}
                severity: Any = "money" if money else "major"
                batch.append(
                    judged.different(name, severity=severity, **more) if bad else judged.equal(name, **more)
                )
                seen.append((name, side, judged.at_ns, bad))
        with self.ledger.begin() as connection:
            flush(connection, batch, now_ns=now, worker="w")
        self.world = reference.compared(self.world, now, judged.version, seen, int(money))
        self._stands([self.world])

    # What may happen.

    @rule(number=st.integers(0, 1 << 30))
    def happens(self, number: int) -> None:
        """Scattered by the step: what Hypothesis draws again and again is to be something else each time."""
        self.step += 1
        name, given = Random(f"{number} {self.step}").choice(ACTIONS)
        note(f"{name} {given}")
        getattr(self, name)(**given)

    def goes_well(self, rounds: int) -> None:
        for _ in range(rounds):
            self.clock.advance(25)
            self._writes_down(0)
            self.control_looks(0)

    def answers(self, differs: int, money: bool) -> None:
        self._writes_down(differs, money=money and differs == 1)

    def another_version(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.judged.version = str(int(self.judged.version) + 1)
        REACHED[self.world.stand.phase, "answers", "version"] += 1
        self._writes_down(0)

    def time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def operator(self, name: EventName, who: str, at: int, *, late: bool) -> None:
        """`late`: on a state that was looked at a while ago."""
        now, until = self.clock(), self.clock() + 60 * S
        with self.ledger.read() as connection:
            state = state_of(connection, "reads")
        looked, seen = self.old if late else (state, self.world.stand)
        foretold = reference.move(TERMS, self.world, now, name, who, until=until, seen=seen)
        event = Event(name, who, "why", until_ns=until)
        self.old = (state, self.world.stand)
        self._does(
            f"late {name}" if late else name,
            foretold,
            at,
            lambda: move(self.ledger, LOADED, "reads", event, now, before=looked).table,
        )

    def approves(self, who: str) -> None:
        now = self.clock()

        def approve() -> bool:
            with self.ledger.begin() as connection:
                evidence = read_evidence(connection, LOADED, "reads", now)
                return approvals.approve(connection, evidence, "", who, "", now, TERMS.expire // 1_000_000)[1]

        self._does("approve", reference.approve(self.world, now, who, TERMS.expire), 0, approve)

    def withdraws(self, who: str) -> None:
        if not self.world.requests:
            return

        def withdraw() -> object:
            with self.ledger.begin() as connection:
                return approvals.withdraw(connection, "reads", "", who, "", self.clock())

        self._does("withdraw", reference.withdraw(self.world, who), 0, withdraw)

    def makes_a_plan(self, length: int) -> None:
        now = self.clock()
        if self.world.stand.phase == "retired":
            return
        with self.ledger.read() as connection:
            state = state_of(connection, "reads")
            evidence = read_evidence(connection, LOADED, "reads", now)
        last = way(plan_of(LOADED.config, "reads"), state)[:length][-1]
        file = planned(
            LOADED.config, state, evidence, last, made_by="eve", made_ns=now, expires_ns=now + 5_000 * S
        )
        end = (last.phase, last.weight)
        self.plan = file, Plan(file.id, "eve", now, now + 5_000 * S, self.world.findings, end)

    def applies_it(self, who: str, at: int) -> None:
        if self.plan is None:
            self.makes_a_plan(2)
        if self.plan is None:
            return
        now, (file, plan) = self.clock(), self.plan
        foretold = reference.apply(TERMS, self.world, now, plan, who)
        self._does("apply", foretold, at, lambda: apply(self.ledger, LOADED, file, who, "", now).table)

    def control_looks(self, at: int) -> None:
        foretold = reference.tick(TERMS, self.world, self.clock(), overridden=self.overridden)
        if self._does("tick", foretold, at, self._tick) != "died":
            self._customers()

    def _tick(self) -> None:
        try:
            table = self.watch.table()
        except Died:
            self.watch.close()
            self.watch = self._control()
            self.world = replace(self.world, asked=None)
            raise
        assert table is not None
        self.board.post(table)
        self.plane.offer(table)

    def override(self) -> None:
        REACHED[self.world.stand.phase, "override", "lifted" if self.overridden else "set"] += 1
        if self.overridden:
            floor = self.plane.current.generation + 1
            with self.ledger.begin() as connection:
                table = republish(
                    connection, LOADED.config, now_ns=self.clock(), actor="ann", reason="", floor=floor
                )
            self.board.post(table)
            if self.world.table < floor:
                self.world = replace(self.world, table=floor + 1)
            lift(self.folder)
        else:
            put(self.folder, on_legacy(self.plane.current, self.clock(), reason="", actor="ann"))
        self.overridden, self.went_back = not self.overridden, True
        self.plane.look_for_override()
        if self.board.table is not None:
            self.plane.offer(self.board.table)
        self._stands([self.world])
        self._customers()

    def the_ledger_is_away(self) -> None:
        REACHED[self.world.stand.phase, "ledger", "away"] += 1
        before = self.plane.current
        (self.folder / "ledger.db").rename(self.folder / "aside.db")
        try:
            with pytest.raises(LedgerUnavailable):
                self.watch.table()
        finally:
            (self.folder / "aside.db").rename(self.folder / "ledger.db")
        assert self.plane.current == before


def _seen(world: World) -> object:
    """What can be read in the ledger of it."""
    attempts = {name: epoch.attempt for name, epoch in world.epochs.items()}
    requests = sorted(
        (each.asker, each.maker, sorted(each.given.items())) for each in world.requests.values()
    )
    return (world.stand, attempts, requests, world.table)


def _unsynced(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _actions() -> Iterator[tuple[str, dict[str, Any]]]:
    """What may happen in a step, as often as it is to."""
    deaths = (0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    yield from (("goes_well", {"rounds": rounds}) for rounds in (1, 1, 2, 2, 2, 2, 2, 2, 2, 2))
    yield from (("control_looks", {"at": at}) for at in deaths)
    for name in ("start", "advance", "advance", "pause", "hold", "resume", "resume", "rollback"):
        yield from (
            ("operator", {"name": name, "who": who, "at": 0, "late": late})
            for who, late in (("ann", False), ("ann", False), ("bob", False), ("bob", True))
        )
        yield from (("operator", {"name": name, "who": "ann", "at": at, "late": False}) for at in (1, 2, 3))
    yield from (("operator", {"name": "advance", "who": "ann", "at": at, "late": False}) for at in deaths)
    yield from (("applies_it", {"who": who, "at": 0}) for who in ("ann", "ann", "bob"))
    yield from (("applies_it", {"who": "ann", "at": at}) for at in deaths[3:])
    yield from (("makes_a_plan", {"length": length}) for length in (1, 2, 2, 3))
    yield from (("approves", {"who": who}) for who in ("bob", "bob", "bob", "cid", "cid", "cid"))
    yield from (("withdraws", {"who": who}) for who in ("bob", "cid"))
    yield from (
        ("answers", {"differs": differs, "money": money})
        for differs, money in ((0, False), (0, False), (1, False), (1, True), (24, False))
    )
    yield from (("another_version", {"seconds": seconds}) for seconds in (3, 30, 30, 30, 30, 30))
    yield from (("time", {"seconds": seconds}) for seconds in (-90_000, -400, -40, 1, 25, 70, 4_000, 90_000))
    yield from (("override", {}), ("override", {}), ("override", {}), ("the_ledger_is_away", {}))


ACTIONS: Final = tuple(_actions())


def walked(template: Path, folder: Path) -> Iterator[Start]:
    """The whole way, by control and people, checked as everything is: a ledger for each phase and step."""
    walker, begun = Controller(), Start(template, World(), FakeClock()(), 0)
    walker.stands_at(begun)
    walker.watch.publish("start")
    walker.world = replace(walker.world, table=1)
    walker.control_looks(0)
    for number in range(7):
        file = folder / f"{number}.db"
        walker.watch.close()
        walker.ledger.close()
        shutil.copy(walker.folder / "ledger.db", file)
        yield Start(file, replace(walker.world, asked=None), walker.clock(), walker.judged.seq)
        stood = walker.world.stand
        walker.operator("start", "ann", 0, late=False)
        while number < 6 and (walker.world.stand.phase, walker.world.stand.weight) == (
            stood.phase,
            stood.weight,
        ):
            walker.goes_well(1)
            if stood.phase == "candidate":
                walker.operator("advance", "ann", 0, late=False)
            if walker.world.requests:
                walker.approves("bob")
    walker.teardown()


@pytest.fixture
def starts(sqlite_template: Path, tmp_path: Path) -> None:
    REACHED.clear()
    STARTS[:] = walked(sqlite_template, tmp_path)


def _run(examples: int, steps: int) -> None:
    """So many examples from each start; the same ones each time."""
    for start in range(7):
        run_state_machine_as_test(
            type("Controller", (Controller,), {"start": start}),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=True,
                # What fails is shown as it was found: making it smaller takes longer than a test may.
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )


PLACES: Final = {"legacy", "shadow", "canary 500", "canary 5000", "canary 10000", "candidate", "retired"}
ENDS: Final = {"moved", "same", "died", "refused 1", "refused 3", "refused 4"}
MUST_REACH: Final = (
    {("legacy", "start", "moved"), ("shadow", "tick", "moved"), ("retired", "rollback", "refused 1")}
    | {(f"canary {weight}", "tick", "moved") for weight in (500, 5_000, 10_000)}
    | {(f"canary {weight}", "tick", "auto-rollback") for weight in (500, 5_000, 10_000)}
    | {("candidate", "tick", "auto-rollback"), ("candidate", "advance", "moved")}
)
"""Where each was, what was done, how it ended: without these a run has tried too little."""
MUST_SEE: Final = frozenset(
    {
        *(("advance", ended) for ended in ("moved", "died", "refused 1", "refused 3", "refused 4")),
        *((name, "moved") for name in ("pause", "hold", "resume", "rollback", "approve", "withdraw", "apply")),
        *((name, "conflict") for name in ("late advance", "late rollback", "late pause")),
        *((name, "died") for name in ("tick", "apply", "pause", "rollback")),
        ("apply", "refused 1"), ("apply", "same"),
        ("approve", "refused 1"), ("override", "set"), ("override", "lifted"),
        ("ledger", "away"), ("answers", "version"),
    }
)  # fmt: skip
"""What was done, how it ended, wherever."""


def _missed() -> set[tuple[str, ...]]:
    seen = {(name, ended) for _, name, ended in REACHED}
    return (MUST_REACH - set(REACHED)) | (MUST_SEE - seen)


def _by(name: str, who: str = "ann", at: int = 0, *, late: bool = False) -> tuple[str, dict[str, Any]]:
    return "operator", {"name": name, "who": who, "at": at, "late": late}


def _at(seconds: int) -> tuple[str, dict[str, Any]]:
    return "time", {"seconds": seconds}


def _bad(differs: int, *, money: bool = False) -> tuple[str, dict[str, Any]]:
    return "answers", {"differs": differs, "money": money}


def _approved(who: str) -> tuple[str, dict[str, Any]]:
    return "approves", {"who": who}


WELL: Final = ("goes_well", {"rounds": 2})
LOOK: Final = ("control_looks", {"at": 0})
PLAN: Final = ("makes_a_plan", {"length": 2})
APPLY: Final = ("applies_it", {"who": "ann", "at": 0})
NEW: Final = ("another_version", {"seconds": 30})
OVERRIDE: Final[tuple[str, dict[str, Any]]] = ("override", {})
MANY: Final = (NEW, _bad(24), _bad(24), _bad(24))
"""More mismatches than any policy here tolerates."""
SCRIPTS: Final[dict[str, tuple[tuple[str, dict[str, Any]], ...]]] = {
    "a pause holds every step, and no rollback": (_by("pause"), WELL, _by("advance"), *MANY, LOOK, _by("resume")),
    "a pause ends by resuming": (_by("pause"), _by("pause"), _by("resume"), _by("resume"), WELL, _by("advance")),
    "a hold keeps off what statistics say": (_by("hold"), *MANY, LOOK, _by("advance"), _at(70), LOOK),
    "a hold keeps off no wrong amount": (_by("hold"), _bad(1, money=True), LOOK),
    "a hold ends by resuming": (_by("hold"), _by("resume"), *MANY, LOOK),
    "a hold ends by itself": (_by("hold"), _at(61), WELL, _by("advance"), WELL),
    "a hold and a clock set back": (*MANY, _by("hold"), _at(-400), LOOK, _at(-90_000), LOOK),
    "a hold and a clock set back a little": (*MANY, _by("hold"), _at(-40), LOOK, _at(61), LOOK),
    "a rollback is done once": (_by("rollback"), _by("rollback"), LOOK, _by("advance"), WELL),
    "a paused one is rolled back": (_by("pause"), _by("rollback"), _by("resume")),
    "many mismatches": (*MANY, LOOK, _by("advance"), NEW, WELL, _by("advance")),
    "a wrong amount": (_bad(1, money=True), LOOK, _by("advance")),
    "one mismatch": (_bad(1), LOOK, _by("advance"), WELL, _by("advance")),
    "asked, approved, withdrawn, approved": (
        WELL, _by("advance"), _approved("ann"), _approved("bob"), ("withdraws", {"who": "bob"}), _by("advance"),
        _approved("cid"), _approved("cid"), _by("advance", "bob"), _by("advance"),
    ),
    "a yes ends with the findings": (WELL, _by("advance"), _approved("bob"), _bad(1), _by("advance"), LOOK),
    "a yes expires": (WELL, _by("advance"), _approved("bob"), _at(90_000), WELL, _by("advance")),
    "a yes waits and is rolled back": (WELL, _by("advance"), _bad(1, money=True), LOOK, _approved("bob")),
    "a plan to its end": (WELL, PLAN, APPLY, _approved("bob"), APPLY, WELL, APPLY, _approved("bob"), APPLY, APPLY),
    "a plan gone stale": (PLAN, _bad(1), APPLY, PLAN, _at(6_000), APPLY, PLAN, _by("pause"), APPLY),
    "late operators": (
        _by("hold"), _by("pause", "bob", late=True), _by("pause"), _by("rollback", "bob", late=True),
        _by("resume"), _by("advance", "bob", late=True), _by("resume"), _by("resume", "bob", late=True),
    ),
    "an override": (OVERRIDE, LOOK, WELL, OVERRIDE, LOOK, WELL, ("the_ledger_is_away", {}), LOOK),
    "another version": (NEW, _by("advance"), LOOK, ("another_version", {"seconds": 3}), _by("advance"), WELL),
    "a clock set ahead and back": (_at(90_000), _by("advance"), LOOK, _at(-90_000), LOOK, WELL, _by("advance")),
    "deaths of a step": (
        WELL, _by("advance"), _approved("bob"), *(_by("advance", at=at) for at in range(1, 10)), LOOK,
    ),
    "deaths of a plan's step": (
        WELL, PLAN, APPLY, _approved("bob"), *(("applies_it", {"who": "ann", "at": at}) for at in range(1, 10)),
    ),
    "deaths of a rollback": tuple(_by("rollback", at=at) for at in (1, 2, 3, 4)),
    "deaths of a pause and of a resume": tuple(_by(name, at=at) for at in (1, 2, 3) for name in ("pause", "resume")),
    "deaths of control": (*MANY, *(("control_looks", {"at": at}) for at in range(1, 8)), LOOK),
}  # fmt: skip
"""What is to happen from wherever it begins, so that nothing of it is left to chance."""
OF_A_CANDIDATE: Final = (
    "a hold keeps off what statistics say",
    "a hold keeps off no wrong amount",
    "a rollback is done once",
    "many mismatches",
    "one mismatch",
    "asked, approved, withdrawn, approved",
    "a yes waits and is rolled back",
    "a plan to its end",
    "late operators",
    "an override",
    "deaths of a step",
    "deaths of a plan's step",
    "deaths of control",
)
"""What goes another way where the candidate serves everybody; the full run plays all from everywhere."""


def _plays(starts: Iterable[int], names: Iterable[str] = tuple(SCRIPTS)) -> None:
    for number in starts:
        for name in names:
            script = SCRIPTS[name]
            controller = Controller()
            controller.stands_at(STARTS[number])
            try:
                for action, given in script:
                    getattr(controller, action)(**given)
            except AssertionError as error:
                error.add_note(f"from start {number}: {name}")
                raise
            finally:
                controller.teardown()


@pytest.mark.usefixtures("starts")
def test_what_must_happen_happens_as_the_reference_says() -> None:
    _plays((4,))
    _plays((5,), OF_A_CANDIDATE)
    assert {("canary 10000", "tick", "auto-rollback"), ("candidate", "tick", "auto-rollback")} <= set(REACHED)
    assert {(name, ended) for name, ended in MUST_SEE if name != "late advance"} <= {
        each[1:] for each in REACHED
    }


@pytest.mark.usefixtures("starts")
def test_the_controller_against_its_reference() -> None:
    _run(1, 25)
    assert {where for where, _, _ in REACHED} >= PLACES
    assert {ended for _, _, ended in REACHED} >= ENDS


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("starts")
def test_the_controller_for_longer() -> None:
    _plays(range(7))
    _run(30, 60)
    assert not _missed()
