"""Writes of the API: what they do, for whom, once for their key, and what they refuse before anything changes."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.dashboard.conftest import Answer

from strangler.access import ROLES, Role
from strangler.ledger.cutovers import state_of
from strangler.routing import Table
from strangler_dashboard.access import Visitor
from strangler_dashboard.acting.carried_out import carried_out
from strangler_dashboard.api.table import WRITES
from strangler_dashboard.api.writes.content import MOST_BYTES
from strangler_shadow.override import on_legacy, put

from .conftest import Sampled
from .test_reads import PROBLEM, check

NUMBERS = iter(range(10**6))
ACTING = "strangler_dashboard.api.writes.acting.carried_out"


def said(place: Sampled, act: str, cutover: str = "reads", key: str = "", **more: Any) -> Answer:
    """A write, under a key of its own unless said."""
    headers: dict[str, str] = {name: more.pop(name) for name in ("if_match", "content_type") if name in more}
    body = json.dumps({"reason": "CHG-9", **more}).encode()
    answer = place.get(
        f"/cutovers/{cutover}/{act}",
        "POST",
        body,
        **{"content_type": "application/json", "idempotency_key": key or f"key-{next(NUMBERS)}", **headers},
    )
    check(answer, f"/cutovers/{{cutover}}/{act}", "post")
    return answer


def state(place: Sampled, cutover: str = "reads") -> Any:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = state_of(connection, cutover)
    ledger.close()
    return found


def entries(place: Sampled) -> list[Any]:
    found: list[Any] = place.get("/audit?limit=200").json["entries"]
    return found


@pytest.fixture
def place(own: Sampled) -> Sampled:
    own.visitor = Visitor("jonas", frozenset(ROLES), "token", "token 1f2e3d4c5b6a")
    return own


def test_a_cutover_is_moved_by_its_acts(place: Sampled) -> None:
    started = said(place, "start", "statements")
    assert (started.status, started.json["changed"]) == (200, True)
    assert started.json["state"]["phase"] == "shadow"
    assert started.json["state"] == place.get("/cutovers/statements/state").json
    assert started.json["tag"] == place.get("/cutovers/statements/state").headers["etag"]
    (entry,) = [each for each in entries(place) if each["seq"] == started.json["entry"]]
    assert (entry["action"], entry["actor"], entry["reason"]) == ("cutover.start", "jonas", "CHG-9")
    assert entry["via"] == "token 1f2e3d4c5b6a"
    assert said(place, "pause").json["state"]["paused"] is True
    again = said(place, "pause").json
    assert (again["changed"], again["entry"], again["state"]["paused"]) == (False, 0, True)
    assert said(place, "resume").json["state"]["paused"] is False
    held = said(place, "hold", lasts="2h").json["state"]
    assert held["held_until"] == "2027-01-15T10:00:00Z"


def test_what_mara_asked_for_jonas_approves_and_it_advances(place: Sampled) -> None:
    mara = replace(place.visitor, name="mara")
    asked = place.get("/cutovers/payments/approvals").json["requests"][0]
    place.visitor, jonas = mara, place.visitor
    own = said(place, "approve", "payments")
    assert (own.status, "mara asked for it" in own.json["detail"]) == (409, True)
    place.visitor = jonas
    other = said(place, "approve", "payments", findings="0" * 64)
    assert (other.status, "since you looked" in other.json["detail"]) == (409, True)
    right = {"plan": asked["plan"][:12], "findings": asked["findings"]}
    assert said(place, "approve", "payments", **right).json["changed"] is True
    assert said(place, "approve", "payments", **right).json["changed"] is False
    advanced = said(place, "advance", "payments")
    assert advanced.json["state"]["phase"] == "canary"
    back = said(place, "rollback", "payments")
    assert (back.json["changed"], back.json["state"]["phase"]) == (True, "shadow")


def test_the_gate_s_whole_answer_stands_in_the_problem_and_an_attempt_counts_once(place: Sampled) -> None:
    refused = said(place, "advance", key="once")
    assert (refused.status, refused.headers["content-type"]) == (409, PROBLEM)
    assert "open-divergences" in {each["code"] for each in refused.json["gate"]["reasons"]}
    attempt = place.get("/cutovers/reads/gate").json["attempt"]
    again = said(place, "advance", key="once")
    assert (again.status, again.json) == (409, refused.json)
    assert place.get("/cutovers/reads/gate").json["attempt"] == attempt


def test_a_write_that_is_sent_again_is_answered_the_same_and_done_once(place: Sampled) -> None:
    first = said(place, "pause", key="a")
    said(place, "resume", key="b")
    before = len(entries(place))
    again = said(place, "pause", key="a")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert not state(place).paused, "somebody resumed it in between, and that holds"
    assert len(entries(place)) == before
    quoted = said(place, "pause", key='"a"')
    assert quoted.body == first.body


@pytest.mark.parametrize(
    ("act", "more"), [("resume", {}), ("pause", {"reason": "another"}), ("pause", {"cutover": "payments"})]
)
def test_a_key_of_something_else_is_refused(place: Sampled, act: str, more: dict[str, str]) -> None:
    said(place, "pause", key="a")
    other = said(place, act, key="a", **more)
    assert (other.status, "something else" in other.json["detail"]) == (422, True)
    assert place.get("/cutovers/payments/state").json["paused"] is False


def test_a_key_is_of_whoever_sent_it(place: Sampled) -> None:
    said(place, "pause", key="a")
    place.visitor = replace(place.visitor, name="ann")
    assert said(place, "resume", key="a").json["changed"] is True


def test_two_at_once_with_one_key_one_is_told_to_wait(
    place: Sampled, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(*given: Any) -> Any:
        inside.set()
        assert go_on.wait(20)
        return carried_out(*given)

    monkeypatch.setattr(ACTING, slow)
    answers: list[Answer] = []
    first = threading.Thread(target=lambda: answers.append(said(place, "pause", key="a")))
    first.start()
    assert inside.wait(20)
    second = said(place, "pause", key="a")
    go_on.set()
    first.join(20)
    assert (second.status, "being done" in second.json["detail"]) == (409, True)
    assert second.headers["retry-after"]
    assert (answers[0].status, answers[0].json["changed"]) == (200, True)
    assert said(place, "pause", key="a").body == answers[0].body


def test_many_at_once_with_keys_of_their_own_move_it_once(place: Sampled) -> None:
    before = len(entries(place))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: said(place, "pause", key=f"k{number}"), range(8)))
    assert {each.status for each in found} <= {200, 409}
    assert sum(each.status == 200 and each.json["changed"] for each in found) == 1
    assert state(place).paused
    assert len(entries(place)) == before + 1


def test_what_failed_is_free_to_be_tried_again(place: Sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret place")

    with monkeypatch.context() as patch:
        patch.setattr(ACTING, broken)
        failed = said(place, "pause", key="a")
    assert (failed.status, b"secret" in failed.body) == (500, False)
    assert said(place, "pause", key="a").json["changed"] is True


def test_if_match_is_of_the_state_that_was_looked_at(place: Sampled) -> None:
    tag = place.get("/cutovers/reads/state").headers["etag"]
    for act in ("hold", "pause", "rollback"):
        more = {"lasts": "1h"} if act == "hold" else {}
        stale = said(place, act, if_match='"0123"', **more)
        assert (stale.status, stale.headers["content-type"]) == (412, PROBLEM)
    assert state(place).generation == 1
    done = said(place, "hold", lasts="1h", if_match=f'"x", {tag}')
    assert done.status == 200
    assert said(place, "pause", if_match=tag).status == 412
    assert said(place, "pause", if_match=done.json["tag"]).status == 200
    assert said(place, "resume", if_match="*").status == 200
    assert (
        said(place, "pause", if_match=f"W/{place.get('/cutovers/reads/state').headers['etag']}").status == 412
    )


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"[" * 5_000, {}, 422),
        (b"[]", {}, 422),
        (b"null", {}, 422),
        (b"{}", {}, 422),
        (b'{"reason": ""}', {}, 422),
        (b'{"reason": "  \\n"}', {}, 422),
        (b'{"reason": "a\\u0000b"}', {}, 422),
        (b'{"reason": "a\\u001bb"}', {}, 422),
        (b'{"reason": 1}', {}, 422),
        (b'{"reason": "x", "nope": 1}', {}, 422),
        (b'{"reason": "%s"}' % (b"x" * 2_001), {}, 422),
        (b'{"reason": "\\ud800"}', {}, 400),
        (b'{"reason": "%s"}' % (b"x" * MOST_BYTES), {}, 413),
        (b'{"reason": "x"}', {"content_type": "text/plain"}, 400),
        (b"reason=x", {"content_type": "application/x-www-form-urlencoded"}, 403),
        (b'{"reason": "x"}', {"content_encoding": "gzip"}, 415),
        (b'{"reason": "x"}', {"idempotency_key": ""}, 400),
        (b'{"reason": "x"}', {"idempotency_key": "a b"}, 400),
        (b'{"reason": "x"}', {"idempotency_key": "x" * 201}, 400),
        (b'{"reason": "x"}', {"accept": "text/html"}, 406),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    place: Sampled, content: bytes, headers: dict[str, str], status: int
) -> None:
    place.visitor = replace(place.visitor, by="local")
    named = {"content_type": "application/json", "idempotency_key": "k", **headers}
    answer = place.get("/cutovers/reads/pause", "POST", content, **named)
    assert (answer.status, answer.headers["content-type"]) == (status, PROBLEM), answer.body
    assert not state(place).paused
    assert place.get("/audit").json["head"].startswith("3:")


def test_a_token_may_send_other_types_and_is_told_which_is_right(place: Sampled) -> None:
    answer = said(place, "pause", content_type="text/plain")
    assert (answer.status, "application/json" in answer.json["remedy"]) == (415, True)
    utf8 = said(place, "pause", content_type="Application/JSON; charset=utf-8")
    assert utf8.status == 200


def test_what_is_not_there_or_does_not_fit_the_phase(place: Sampled) -> None:
    assert said(place, "pause", "nope").status == 404
    for act, cutover in (("advance", "statements"), ("pause", "statements"), ("approve", "reads")):
        answer = said(place, act, cutover)
        assert (answer.status, bool(answer.json["detail"])) == (409, True)
    assert place.get("/cutovers/reads/pause").status == 405
    assert place.get("/cutovers/reads/pause").headers["allow"] == "POST"
    assert place.get("/cutovers/reads/explode", "POST").status == 404


def test_nothing_advances_under_an_override(place: Sampled) -> None:
    override = on_legacy(Table(1, 0, ()), place.now_ns, reason="fire", actor="ada")
    folder = place.folder / place.loaded.config.serve.state
    folder.mkdir()
    put(folder, override)
    assert said(place, "advance", "payments").status == 409
    assert said(place, "rollback", "payments").status == 200


@pytest.mark.parametrize("role", ROLES)
def test_each_act_takes_its_role(place: Sampled, role: Role) -> None:
    place.visitor = Visitor("ann", frozenset({role}), "token", "token 1")
    for write in WRITES:
        more = {"lasts": "1h"} if write.act.name == "hold" else {}
        status = said(place, write.act.name, **more).status
        assert (status == 403) == (write.needs not in place.visitor.may), (role, write.act.name, status)
