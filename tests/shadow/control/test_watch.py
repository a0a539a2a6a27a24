"""Control and the ledger: the first table, a changed file, and rolling back by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from strangler.config import Loaded
from strangler.cutover import Event, decide, plan_of
from strangler.errors import LedgerUnavailable
from strangler.gate import Verdict
from strangler.ledger import audit
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.clock import FakeClock
from strangler.testing.judged import START, Judged, configuration
from strangler_shadow.control.watch import Watch

MakeWatch = Callable[..., Watch]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def watch(ledger: Ledger, clock: FakeClock) -> Watch:
    return Watch(configuration(), lambda _create: ledger, clock)


def move(ledger: Ledger, loaded: Loaded, name: str, clock: FakeClock) -> None:
    """As the command line does it, the gate having passed."""
    with ledger.begin() as connection:
        state = state_of(connection, "reads")
        event = Event(name, "anna", verdict=Verdict("reads", "pass", ()))  # type: ignore[arg-type]
        after, _ = decide(plan_of(loaded.config, "reads"), state, event, clock())
        transition(
            connection, loaded.config, after, expected_generation=state.generation, event=name, now_ns=clock()
        )


def write(ledger: Ledger, settled: list[Settled], clock: FakeClock) -> None:
    with ledger.begin() as connection:
        flush(connection, settled, now_ns=clock(), worker="w")


def test_the_first_table_is_published_once(watch: Watch) -> None:
    first = watch.publish("start")
    assert first.generation > 0
    assert {route.name: route.phase for route in first.routes} == dict.fromkeys(
        ("invoice", "invoices", "pay"), "legacy"
    )
    assert watch.publish("start").generation == first.generation
    assert watch.table() == first


def test_another_configuration_is_another_table(watch: Watch) -> None:
    first = watch.publish("start")
    watch.loaded = configuration(**{"GET /invoices\n": "GET /bills\n"})
    second = watch.publish("strangler.yaml changed")
    assert second.generation > first.generation
    assert watch.table() == second


def test_a_table_that_somebody_else_made_is_seen(watch: Watch, ledger: Ledger, clock: FakeClock) -> None:
    watch.publish("start")
    move(ledger, watch.loaded, "start", clock)
    table = watch.table()
    assert table is not None
    assert {route.phase for route in table.routes if route.cutover} == {"shadow"}


def test_one_wrong_amount_that_was_served_rolls_back(watch: Watch, ledger: Ledger, clock: FakeClock) -> None:
    watch.publish("start")
    for name in ("start", "advance"):
        move(ledger, watch.loaded, name, clock)
    judged = Judged(watch.loaded)
    write(ledger, [judged.equal() for _ in range(50)], clock)
    before = watch.table()
    assert before is not None
    assert before.routes[0].phase == "canary" or "canary" in {route.phase for route in before.routes}
    assert watch.rollbacks == []
    write(ledger, [judged.different(severity="money", primary="candidate", served_candidate=True)], clock)
    table = watch.table()
    assert table is not None
    assert table.generation == before.generation + 1
    assert {route.phase for route in table.routes if route.cutover} == {"shadow"}
    assert len(watch.rollbacks) == 1
    with ledger.read() as connection:
        entry = audit.head(connection)
        state = state_of(connection, "reads")
    assert entry is not None
    assert (entry.body["actor"], entry.body["action"]) == ("control", "cutover.auto-rollback")
    assert (state.phase, state.actor) == ("shadow", "control")
    assert state.reason in watch.rollbacks[0]
    assert watch.table() == table, "once"


def test_a_mismatch_that_was_only_shadowed_does_not(watch: Watch, ledger: Ledger, clock: FakeClock) -> None:
    watch.publish("start")
    for name in ("start", "advance"):
        move(ledger, watch.loaded, name, clock)
    judged = Judged(watch.loaded)
    write(ledger, [*(judged.equal() for _ in range(50)), judged.different(severity="money")], clock)
    table = watch.table()
    assert table is not None
    assert "canary" in {route.phase for route in table.routes}


def test_a_ledger_that_is_gone_is_unavailable_and_not_made_anew(tmp_path: Path, clock: FakeClock) -> None:
    made: list[bool] = []

    def opened(create: bool) -> Ledger:
        made.append(create)
        return open_ledger("sqlite:///here.db", tmp_path, create=create)

    watch = Watch(configuration(), opened, clock)
    table = watch.publish("start")
    (tmp_path / "here.db").rename(tmp_path / "aside.db")
    with pytest.raises(LedgerUnavailable):
        watch.table()
    assert not (tmp_path / "here.db").exists()
    (tmp_path / "aside.db").rename(tmp_path / "here.db")
    assert watch.table() == table
    assert made == [True, False, False]
    watch.close()


def test_facts_and_lags_are_written(watch: Watch, ledger: Ledger) -> None:
    from decimal import Decimal

    from strangler.ledger.facts import Fact, facts

    watch.note([Fact("config", "control", "in force", "", 1)], {"reads": (Decimal("0.250"), 7)})
    with ledger.read() as connection:
        found = {(fact.kind, fact.subject): (fact.phase, fact.at_ns) for fact in facts(connection)}
    assert found == {("config", "control"): ("in force", 1), ("lag", "reads"): ("0.250", 7)}


def test_the_picture_shows_everything(watch: Watch) -> None:
    from strangler_shadow.control.status import status
    from strangler_shadow.override import on_legacy

    table = watch.publish("start")
    picture = watch.picture()
    shown = status(
        picture,
        table=table,
        override=on_legacy(table, 7, reason="month end", actor="ann"),
        waiting=1,
        instance="i/",
        ledger_problem="",
        config_problem="",
        file="strangler.yaml",
        restart=False,
        probes={"reads": "0.1 s"},
        rollbacks=[],
    )
    assert shown["table"]["generation"] == table.generation
    assert shown["override"] == {
        "generation": table.generation + 1,
        "issued_ns": 7,
        "actor": "ann",
        "reason": "month end",
    }
    assert shown["cutovers"]["reads"]["phase"] == "legacy"
    assert dataclasses.is_dataclass(picture)
