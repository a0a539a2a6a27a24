"""`strangler cutover`: every transition, twice, refused, and said."""

from __future__ import annotations

import json
import threading
import time

import pytest

from strangler.cutover import decide
from strangler.errors import Conflict
from strangler.ledger.audit import entries, verify
from strangler.ledger.cutovers import current_table, state_of
from strangler.ledger.divergences import divergences
from strangler.ledger.settled import StreamReport

from .conftest import Place, Strangler


def standing(place: Place) -> tuple[str, int, bool, int]:
    ledger = place.ledger()
    try:
        with ledger.read() as connection:
            state = state_of(connection, "reads")
            table = current_table(connection)
            assert table is None or table.generation >= state.generation
    finally:
        ledger.close()
    return state.phase, state.weight, state.paused, state.generation


def evidence(place: Place) -> None:
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))


def test_the_whole_way_and_back(place: Place, strangler: Strangler) -> None:
    ran = strangler("cutover", "start", "reads", "--actor", "ann", "--reason", "week one")
    assert ran.code == 0
    assert "reads: legacy → shadow, by ann" in ran.out
    assert "no plane carries traffic now" in ran.out
    assert "next: " in ran.out
    evidence(place)
    for weight in (100, 500, 2500, 5000, 10_000):
        ran = strangler("cutover", "advance", "reads")
        assert ran.code == 0, ran.out + ran.err
        assert f"canary {weight // 100} %" in ran.out
        assert "the gate passed (attempt 1, 1,0" in ran.out
        assert standing(place)[:2] == ("canary", weight)
        place.reverse()
    assert "→ candidate" in strangler("cutover", "advance", "reads").out
    assert "candidate → shadow" in strangler("cutover", "rollback", "reads", "--reason", "just in case").out
    assert standing(place)[:3] == ("shadow", 0, False)
    status = strangler("cutover", "status", "reads").out
    assert "just in case" in status
    assert "candidate → shadow" in status
    assert "legacy → shadow" in status
    ledger = place.ledger()
    with ledger.read() as connection:
        assert verify(connection) is None
        assert [entry.body["actor"] for entry in entries(connection)][-1] == "ann"
    ledger.close()


def test_no_step_without_a_way_back(place: Place, strangler: Strangler) -> None:
    """What has no way back gets no table, so no request goes by it."""
    strangler("cutover", "start", "reads")
    evidence(place)
    assert strangler("cutover", "advance", "reads").code == 0
    before = standing(place)
    refused = strangler("cutover", "advance", "reads")
    assert (refused.code, standing(place)) == (3, before)
    assert "no customer of the candidate's was compared with legacy since this step began" in refused.out
    place.reverse()
    judged = place.judged()
    place.write(*(judged.failed("timeout", "legacy", primary="candidate") for _ in range(3)))
    refused = strangler("cutover", "advance", "reads")
    assert (refused.code, standing(place)) == (3, before)
    assert "legacy left 3 of the last 4 questions about `invoice` without an answer" in refused.out
    place.now_ns += 3_600_000_000_000
    assert strangler("cutover", "advance", "reads").code == 3, "the worker is silent"
    place.write()
    assert strangler("cutover", "advance", "reads").code == 0, "those failures are an hour old"
    assert standing(place)[:2] == ("canary", 500)


def test_as_json(place: Place, strangler: Strangler) -> None:
    started = json.loads(strangler("cutover", "start", "reads", "--json").out)
    assert started["changed"]
    assert started["cutover"]["phase"] == "shadow"
    assert started["gate"] is started["refused"] is None
    assert started["table"] == {"generation": 1, "overridden": False, "planes": 0, "have_it": 0}
    again = json.loads(strangler("cutover", "start", "reads", "--json").out)
    assert (again["changed"], again["table"]) == (False, None)
    refused = strangler("cutover", "advance", "reads", "--json")
    told = json.loads(refused.out)
    assert refused.code == told["gate"]["exit_code"] == 3
    assert "was not advanced" in refused.err
    assert told["refused"]
    assert told["cutover"]["phase"] == "shadow"
    assert started.keys() == again.keys() == told.keys()
    evidence(place)
    advanced = json.loads(strangler("cutover", "advance", "reads", "--json").out)
    assert advanced["gate"]["status"] == "pass"
    assert advanced["cutover"]["weight_basis_points"] == 100
    both = strangler("cutover", "rollback", "--all", "--json")
    assert both.code == 2
    assert "leave out --json" in both.err


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "rollback"])
def test_done_twice_it_is_done_once(place: Place, strangler: Strangler, verb: str) -> None:
    strangler("cutover", "start", "reads")
    if verb == "resume":
        strangler("cutover", "pause", "reads")
    strangler("cutover", verb, "reads")
    before = standing(place)
    ran = strangler("cutover", verb, "reads")
    assert (ran.code, "already; nothing changed" in ran.out) == (0, True)
    assert standing(place) == before


def test_advance_leaves_with_the_gates_code(place: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    ran = strangler("cutover", "advance", "reads")
    assert ran.code == 3
    assert "evidence does not suffice" in ran.out
    assert "the gate says insufficient" in ran.err
    evidence(place)
    place.write(place.judged().different())
    ran = strangler("cutover", "advance", "reads")
    assert (ran.code, "is blocked" in ran.out) == (1, True)
    strangler("cutover", "pause", "reads", "--reason", "month end")
    ran = strangler("cutover", "advance", "reads")
    assert (ran.code, "it is paused: month end" in ran.err) == (4, True)
    assert standing(place)[0] == "shadow"


def test_a_refused_advance_is_an_attempt_all_the_same(place: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    place.write(place.judged().equal())
    strangler("cutover", "advance", "reads")
    assert strangler("gate", "reads", "--format", "json").json["attempt"] == 1
    judged = place.judged(version="2")
    judged.at_ns += 30_000_000
    place.write(judged.equal())
    assert strangler("gate", "reads", "--format", "json").json["attempt"] == 2


def test_advance_before_start(place: Place, strangler: Strangler) -> None:
    ran = strangler("cutover", "advance", "reads")
    assert ran.code == 1
    assert "it has not started" in ran.err
    assert "gate" not in ran.out
    assert strangler("cutover", "pause", "reads").code == 1


def test_what_a_passed_epoch_did_not_see_is_resolved(place: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    place.write(place.judged().different())
    place.now_ns += 60_000_000_000
    judged = place.judged(version="2")
    place.write(*judged.equals(900), *judged.equals(900, "invoices"))
    ran = strangler("cutover", "advance", "reads")
    assert ran.code == 0, ran.out
    assert "1 divergences were not seen any more: resolved" in ran.out
    ledger = place.ledger()
    with ledger.read() as connection:
        assert [found.state for found in divergences(connection)] == ["resolved"]
    ledger.close()


def test_unknown_names_and_no_ledger(place: Place, strangler: Strangler) -> None:
    assert strangler("cutover", "start", "nope").code == 2
    assert strangler("cutover", "frobnicate", "reads").code == 2
    (place.folder / "strangler.db").unlink()
    assert strangler("cutover", "pause", "reads").code == 3
    assert strangler("cutover", "start", "reads").code == 0
    assert (place.folder / "strangler.db").exists()


def report(place: Place, plane: str, generation: int) -> StreamReport:
    return StreamReport(plane=plane, boot="b", pid=1, at_ns=place.now_ns, generation=generation)


def test_it_waits_until_the_planes_have_the_table(place: Place, strangler: Strangler) -> None:
    place.write(reports=(report(place, "p1", 0), report(place, "p2", 0)))
    done = threading.Event()

    def heartbeats() -> None:
        while not done.wait(0.05):
            generation = standing(place)[3]
            place.write(reports=(report(place, "p1", generation), report(place, "p2", generation)))

    thread = threading.Thread(target=heartbeats)
    thread.start()
    try:
        ran = strangler("cutover", "start", "reads")
    finally:
        done.set()
        thread.join()
    assert "all 2 planes have it in force" in ran.out


def test_it_does_not_wait_for_ever(place: Place, strangler: Strangler) -> None:
    place.write(reports=(report(place, "p1", 0),))
    began = time.monotonic_ns()
    ran = strangler("cutover", "start", "reads")
    assert ran.code == 0
    assert "1 of 1 planes do not report it yet" in ran.out
    assert time.monotonic_ns() - began >= 2_000_000_000


def test_somebody_else_was_first(place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch) -> None:
    from strangler.ledger import moving

    strangler("cutover", "start", "reads")
    real = decide

    def raced(*arguments: object) -> object:
        monkeypatch.setattr(moving, "decide", real)
        assert strangler("cutover", "pause", "reads").code == 0
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(moving, "decide", raced)
    ran = strangler("cutover", "pause", "reads", "--reason", "mine")
    assert ran.code == Conflict.exit_code
    assert "somebody moved it first" in ran.err
