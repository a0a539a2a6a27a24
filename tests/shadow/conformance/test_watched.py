"""Routes whose numbers are watched: answers of writes are captured whole, and nobody is asked the same."""

from __future__ import annotations

import pytest

from strangler.routing import Phase, Route
from strangler.testing.origin import Seen, Steps, answer
from strangler_shadow.testing.rig import Launch, Rig, match, table

ISSUED = b'{"id": 17, "number": "RE-0017"}'


def issued(_: Seen) -> Steps:
    yield answer(ISSUED, ("Content-Type", "application/json"), status="201 Created")


def issuing(phase: Phase = "legacy", **more: object) -> Route:
    fields: dict[str, object] = {"cutover": "writes", "phase": phase, "watched": True, "sampling": 0}
    return Route("issue", match("/invoices"), **(fields | more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    return launch(
        table(7, issuing()), legacy={"/invoices": issued}, candidate={"/invoices": issued}, body_limit=65_536
    )


def posted(rig: Rig, body: bytes = b'{"customer": 1}') -> bytes:
    with rig.client() as client:
        return client.ask("POST", "/invoices", ("X-Customer", "c"), body=body).body


@pytest.mark.parametrize(
    ("generation", "phase", "primary", "sole"),
    [
        (8, "legacy", "legacy", "legacy"),
        (9, "shadow", "legacy", "legacy"),
        (10, "canary", "legacy", None),
        (11, "candidate", "candidate", "candidate"),
        (12, "retired", "candidate", "candidate"),
    ],
)
def test_a_write_is_captured_in_every_phase_and_asked_once(
    rig: Rig, generation: int, phase: Phase, primary: str, sole: str | None
) -> None:
    rig.issue(table(generation, issuing(phase)))
    rig.in_force(generation)
    asked = len(rig.legacy.seen) + len(rig.candidate.seen)
    before = rig.counts().sent
    assert posted(rig) == ISSUED
    rig.counts(lambda counts: counts.sent == before + 1)
    found = next(each for each in rig.exchanges() if each.generation == generation)
    assert (found.watched, found.primary, found.sole, found.route) == (True, primary, sole, "issue")
    assert found.response is not None
    assert (found.response.status, found.response.message.body) == (201, ISSUED)
    assert len(rig.legacy.seen) + len(rig.candidate.seen) == asked + 1


def test_what_is_not_watched_is_not_captured(rig: Rig) -> None:
    before = rig.counts()
    for generation, new in ((20, table(20, issuing(), halted=True)), (21, table(21, issuing(watched=False)))):
        rig.issue(new)
        rig.in_force(generation)
        posted(rig)
    rig.issue(table(22, issuing()))
    rig.in_force(22)
    with rig.client() as client:
        client.ask("GET", "/invoices")  # a read of the same route, which nobody shadows
    served = before.served.get("issue", (0, 0, 0))[0]
    after = rig.counts(lambda counts: counts.served.get("issue", (0, 0, 0))[0] >= served + 3)
    assert after.sent == before.sent


def test_the_limits_are_those_of_any_exchange(rig: Rig) -> None:
    rig.issue(table(30, issuing()))
    rig.in_force(30)
    before = rig.counts()
    assert posted(rig, b"x" * 70_000) == ISSUED
    large = before.uncaptured.get("too-large", 0)
    after = rig.counts(lambda counts: counts.uncaptured.get("too-large", 0) == large + 1)
    assert after.sent == before.sent
