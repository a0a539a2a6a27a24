"""A transition is one write: state, routing table, audit entry; and only one of two wins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from strangler.cutover import CutoverState, Event, decide, plan_of
from strangler.errors import Conflict
from strangler.ledger import audit
from strangler.ledger.cutovers import (
    current_table,
    publish,
    republish,
    state_of,
    states,
    tables_latest,
    transition,
)
from strangler.ledger.store import Ledger
from strangler.routing.table import Table
from strangler.testing.judged import START, configuration
from strangler.testing.operator import hurry

LOADED = configuration()


def move(ledger: Ledger, event: Event, expected: int | None = None, floor: int = 0) -> Table:
    with ledger.begin() as connection:
        before = state_of(connection, "reads")
        after, _ = decide(plan_of(LOADED.config, "reads"), before, event, START)
        generation = before.generation if expected is None else expected
        return transition(
            connection,
            LOADED.config,
            after,
            expected_generation=generation,
            event=event.name,
            now_ns=START,
            evidence="e" * 64,
            floor=floor,
        )


def test_a_transition_writes_state_table_and_audit_together(ledger: Ledger) -> None:
    table = move(ledger, Event("start", "ann", "let us begin"))
    assert table.generation == 1
    assert {route.name: route.phase for route in table.routes} == {
        "invoice": "shadow",
        "invoices": "shadow",
        "pay": "legacy",
    }
    with ledger.read() as connection:
        assert current_table(connection) == table
        found = state_of(connection, "reads")
        entry = audit.head(connection)
    assert found == CutoverState(
        "reads", "shadow", generation=1, since_ns=START, reason="let us begin", actor="ann", looked_ns=START
    )
    assert entry is not None
    assert (entry.body["actor"], entry.body["action"], entry.body["evidence"]) == (
        "ann",
        "cutover.start",
        "e" * 64,
    )
    assert (entry.body["before"]["phase"], entry.body["after"]["phase"]) == ("legacy", "shadow")


def test_who_read_an_older_state_loses_and_changes_nothing(ledger: Ledger) -> None:
    move(ledger, Event("start", "ann"))
    with pytest.raises(Conflict, match="moved it first"):
        move(ledger, Event("pause", "bob"), expected=0)
    with ledger.read() as connection:
        assert state_of(connection, "reads").paused is False
        assert len(audit.entries(connection)) == 1


def test_generations_go_on_above_an_override(ledger: Ledger) -> None:
    assert move(ledger, Event("start", "ann"), floor=40).generation == 41
    assert move(ledger, Event("pause", "ann")).generation == 42


def test_an_older_table_is_never_published(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        publish(connection, Table(5, START))
        with pytest.raises(Conflict, match="too late"):
            publish(connection, Table(5, START))
        assert [table.generation for table in tables_latest(connection)] == [5]


def test_republishing_changes_the_generation_only_with_the_routes(ledger: Ledger) -> None:
    changed = configuration(**{"GET /invoices/{id}": "GET /v2/invoices/{id}"})
    with ledger.begin() as connection:
        first = republish(connection, LOADED.config, now_ns=START, actor="serve", reason="start-up")
        same = republish(connection, LOADED.config, now_ns=START + 1, actor="serve", reason="start-up")
        assert (first.generation, same) == (1, first)
        other = republish(connection, changed.config, now_ns=START, actor="serve", reason="changed")
        above = republish(connection, changed.config, now_ns=START, actor="serve", reason="override", floor=9)
        assert (other.generation, above.generation) == (2, 10)
        assert len(audit.entries(connection, subject="table")) == 3


def test_states_are_those_of_the_file(ledger: Ledger) -> None:
    move(ledger, Event("start", "ann"))
    both = configuration(
        **{"cutovers:\n": "cutovers:\n  other:\n    routes: [invoices]\n", ", invoices]\npolicy": "]\npolicy"}
    )
    with ledger.read() as connection:
        found = states(connection, both.config)
    assert {name: state.phase for name, state in found.items()} == {"reads": "shadow", "other": "legacy"}


def whole(ledger: Ledger, won: int) -> None:
    """Each generation was won once, and all of it is in the audit."""
    with ledger.read() as connection:
        assert audit.verify(connection) is None
        assert state_of(connection, "reads").generation == 1 + won
        generations = [entry.body["after"]["generation"] for entry in audit.entries(connection)]
        assert generations == list(range(1 + won, 0, -1))
        assert [table.generation for table in tables_latest(connection, 300)] == generations


def test_operators_at_once_have_one_winner_a_generation(ledger: Ledger) -> None:
    move(ledger, Event("start", "ann"))
    with ThreadPoolExecutor(4) as pool:
        ended = pool.map(lambda number: hurry(ledger, f"operator-{number}", 12), range(4))
    counts = sum(ended, Counter[str]())
    assert counts.total() == 48
    assert counts["won"] > 4
    whole(ledger, counts["won"])


@pytest.mark.full
def test_two_hundred_moves_from_eight_processes_have_one_winner_a_generation(
    ledger: Ledger, ledger_url: str
) -> None:
    move(ledger, Event("start", "ann"))
    command = [sys.executable, "-m", "strangler.testing.operator", ledger_url]
    running = [
        subprocess.Popen([*command, f"operator-{number}", "25"], stdout=subprocess.PIPE, text=True)
        for number in range(8)
    ]
    ended = [process.communicate(timeout=100)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 8
    counts = sum((Counter(json.loads(said)) for said in ended), Counter[str]())
    assert counts.total() == 200
    assert counts["won"] > 8
    assert counts["lost"] > 8
    whole(ledger, counts["won"])
