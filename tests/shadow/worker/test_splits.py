"""The worker tells the ledger how a canary's customers were split, whatever becomes of their exchanges."""

from __future__ import annotations

from typing import Any

from strangler.cutover import CutoverState
from strangler.evidence import Split
from strangler.exchange import Exchange, Failure, Side
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.splits import Sighting, split_of
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange
from strangler_shadow.worker.splits import Splits

from .conftest import MakeRig, Rig


def test_each_bucket_and_side_is_told_once_and_every_request_is_counted() -> None:
    splits = Splits()
    seen: list[Exchange] = [
        exchange(cohort="bucket", bucket=3, primary="candidate"),
        exchange(cohort="bucket", bucket=3, primary="candidate"),
        exchange(cohort="bucket", bucket=3, fallback=Failure("timeout")),
        exchange(cohort="bucket", bucket=3),
        exchange(cohort="bucket", bucket=10_000),
        exchange(cohort="pinned", bucket=4, primary="candidate"),
        exchange(cohort="nameless"),
        exchange(bucket=5),
    ]
    for each in seen:
        splits.saw(each)
    sightings, requests = splits.take()
    assert sightings == [Sighting("reads", 1, 3, "candidate"), Sighting("reads", 1, 3, "legacy")]
    assert requests == {("reads", 1, "invoice", True): 6, ("reads", 1, "invoice", False): 1}
    assert splits.take() == ([], {})


def test_tables_long_gone_are_forgotten() -> None:
    splits = Splits()
    for generation in (*range(20), 0):
        splits.saw(exchange(cohort="bucket", bucket=1, generation=generation))
    sightings, _ = splits.take()
    assert [sighting.generation for sighting in sightings] == [*range(20), 0]


def begin(rig: Rig, weight: int) -> int:
    with rig.ledger.begin() as connection:
        state = CutoverState("reads", "canary", 0, weight)
        config = rig.worker.shadow.ground.config
        event: dict[str, Any] = {"expected_generation": 0, "event": "advance", "now_ns": 1}
        generation = transition(connection, config, state, **event).generation
        assert state_of(connection, "reads").generation == generation
    return generation


def test_it_reaches_the_ledger(rig: MakeRig) -> None:
    made = rig(worker="timeout: 500ms, reask: 30ms, twins: 0, referee: 0, memory: 1")
    step = begin(made, 500)
    for bucket in (1, 2, 600, 1):
        side: Side = "candidate" if bucket < 500 else "legacy"
        made.plane.send(exchange(cohort="bucket", bucket=bucket, primary=side, generation=step))
    made.plane.send(exchange(cohort="nameless", generation=step))

    def found() -> Split | None:
        with made.ledger.read() as connection:
            split = split_of(connection, "reads", step)
        return split if split and sum(each.named + each.nameless for each in split.asked) == 5 else None

    split = until(found)
    assert (split.weight, split.legacy, split.candidate, split.wrong) == (500, 1, 2, 0)
    assert made.losses().get("memory"), "the exchanges themselves were shed, and count here all the same"
