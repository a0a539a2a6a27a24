"""How a canary's customers were split: each bucket once, whoever tells it, and every one on the wrong side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from strangler.cutover import CutoverState
from strangler.evidence import AskedFor
from strangler.exchange import Side
from strangler.ledger import tables
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.evidence import read_evidence
from strangler.ledger.splits import STEPS_KEPT, UNKNOWN, Sighting, record, split_of
from strangler.ledger.store import Ledger
from strangler.sample_ratio import log_e
from strangler.testing.judged import START, configuration

LOADED = configuration()


def canary(ledger: Ledger, weight: int) -> int:
    """A canary of this weight; its generation."""
    with ledger.begin() as connection:
        before = state_of(connection, "reads")
        after = CutoverState("reads", "canary", 0, weight, generation=before.generation, since_ns=START)
        table = transition(
            connection,
            LOADED.config,
            after,
            expected_generation=before.generation,
            event="advance",
            now_ns=START,
        )
    return table.generation


def saw(generation: int, *buckets: int, side: Side = "legacy") -> list[Sighting]:
    return [Sighting("reads", generation, bucket, side) for bucket in buckets]


def test_each_bucket_counts_once_over_workers_and_restarts(ledger: Ledger) -> None:
    step = canary(ledger, 500)
    first = saw(step, 7, side="candidate") + saw(step, 500, 9_999)
    for told in (first, first, saw(step, 9_999, 501)):
        with ledger.begin() as connection:
            record(
                connection, told, {("reads", step, "invoice", True): 4, ("reads", step, "invoices", False): 2}
            )
    with ledger.read() as connection:
        split = split_of(connection, "reads", step)
        assert read_evidence(connection, LOADED, "reads", START).split == split
    assert split is not None
    assert (split.weight, split.legacy, split.candidate, split.wrong) == (500, 3, 1, 0)
    assert split.asked == (AskedFor("invoice", 12, 0), AskedFor("invoices", 0, 6))


def test_the_statistic_is_the_highest_there_ever_was(ledger: Ledger) -> None:
    step = canary(ledger, 500)
    with ledger.begin() as connection:
        record(connection, saw(step, *range(100), side="candidate"), {})
        high = split_of(connection, "reads", step)
        record(connection, saw(step, *range(500, 3_000)), {})
        low = split_of(connection, "reads", step)
    weights = (0.95, 0.05)
    assert high is not None
    assert low is not None
    assert high.log_e == low.log_e == pytest.approx(log_e((0, 100), weights))
    assert log_e((2_500, 100), weights) < low.log_e


def test_a_bucket_on_the_wrong_side_is_named_however_often_it_was_right(ledger: Ledger) -> None:
    step = canary(ledger, 500)
    with ledger.begin() as connection:
        record(connection, saw(step, 499, side="candidate") + saw(step, 500), {})
        record(connection, saw(step, 499) + saw(step, 500, 501, side="candidate"), {})
        split = split_of(connection, "reads", step)
    assert split is not None
    assert (split.legacy, split.candidate) == (1, 2)
    assert (split.wrong, split.such_as) == (3, (499, 500, 501))


def test_a_table_that_the_ledger_never_made(ledger: Ledger) -> None:
    step = canary(ledger, 500)
    with ledger.begin() as connection:
        record(connection, saw(step + 40, 3, side="candidate"), {})
        split = split_of(connection, "reads", step)
    assert split is not None
    assert (split.weight, split.wrong, split.log_e) == (UNKNOWN, 1, 0.0)


def test_another_cutovers_move_is_no_step_of_this_one_and_a_straggler_belongs_to_its_own(
    ledger: Ledger,
) -> None:
    one = canary(ledger, 100)
    with ledger.begin() as connection:
        table = connection.execute(select(tables.tables.c.body)).scalar_one()
        assert b"canary" in table
        record(connection, saw(one, 50, side="candidate"), {})
        connection.execute(
            text("INSERT INTO tables SELECT generation + 5, issued_ns, digest, body FROM tables")
        )
        record(connection, saw(one + 5, 51, side="candidate"), {})
    two = canary(ledger, 500)
    with ledger.begin() as connection:
        record(connection, saw(one, 52, side="candidate") + saw(two, 53, side="candidate"), {})
        first, second = (split_of(connection, "reads", step) for step in (one, two))
    assert first is not None
    assert second is not None
    assert (first.weight, first.candidate, first.wrong) == (100, 3, 0)
    assert (second.weight, second.candidate, second.wrong) == (500, 1, 0)


def test_a_canary_on_a_plane_that_the_ledger_has_taken_back(ledger: Ledger) -> None:
    step = canary(ledger, 500)
    with ledger.begin() as connection:
        state = state_of(connection, "reads")
        back = transition(
            connection,
            LOADED.config,
            replace(state, phase="shadow", step=-1, weight=0),
            expected_generation=step,
            event="rollback",
            now_ns=START,
        )
        record(connection, saw(back.generation, 3, side="candidate"), {})
        found = read_evidence(connection, LOADED, "reads", START).split
    assert found is not None
    assert found.such_as == (3,)


def test_what_is_kept_does_not_grow(ledger: Ledger) -> None:
    sizes = []
    for turn in range(2 * STEPS_KEPT):
        step = canary(ledger, 100 + turn)
        with ledger.begin() as connection:
            record(connection, saw(step, *range(0, 10_000, 97 + turn)), {("reads", step, "invoice", True): 1})
            rows = connection.execute(select(func.count()).select_from(tables.splits)).scalar_one()
            asked = connection.execute(select(func.count()).select_from(tables.split_requests)).scalar_one()
            sizes.append((rows, asked))
    assert max(sizes) == (STEPS_KEPT, STEPS_KEPT)
    with ledger.read() as connection:
        for row in connection.execute(select(tables.splits)).mappings():
            assert {len(row[name]) for name in ("seen", "candidate", "wrong")} == {1_250}
