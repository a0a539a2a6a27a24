"""Every read of the API: what it answers, what it refuses, and that it is what the commands print."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from tests.dashboard.conftest import Answer

from strangler_cli.main import cli
from strangler_dashboard.access import Visitor
from strangler_dashboard.api.document import described
from strangler_dashboard.api.endpoint import Read
from strangler_dashboard.api.table import READS

from .conftest import BASE, Sampled

SAMPLED = [each for each in READS if "{migration}" not in each.path]
PROBLEM = "application/problem+json"
EACH = pytest.mark.parametrize("entry", SAMPLED, ids=[each.name for each in SAMPLED])
EVERY = pytest.mark.parametrize("entry", READS, ids=[each.name for each in READS])


def path_of(place: Sampled, entry: Read) -> str:
    listed = place.get("/divergences").json["divergences"]
    return entry.path.format(cutover="reads", route="invoice", id=listed[0]["id"], migration="m")


@cache
def document() -> Any:
    """The document as a value."""
    return described()


@cache
def validator(reference: str) -> Draft202012Validator:
    """Of a schema of the document."""
    whole: Any = DRAFT202012.create_resource(document())
    registry: Any = Registry().with_resource("urn:api", whole)
    return Draft202012Validator({"$ref": f"urn:api{reference}"}, registry=registry)


def check(answer: Answer, path: str, method: str = "get") -> None:
    """Holds an answer against the document: its status, its media type, its content."""
    told = document()["paths"][path][method]["responses"][str(answer.status)]
    if "$ref" in told:
        told = document()["components"]["responses"][told["$ref"].rpartition("/")[2]]
    content = told["content"][answer.headers["content-type"]]
    validator(content["schema"]["$ref"]).validate(answer.json)


@EACH
def test_a_read_answers_what_the_document_says_and_is_revalidated(sampled: Sampled, entry: Read) -> None:
    path = path_of(sampled, entry)
    answer = sampled.get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    check(answer, entry.path)
    again = sampled.get(path, if_none_match=f'"other", W/{answer.headers["etag"]}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert "no-cache" in again.headers["cache-control"]
    head = sampled.get(path, "HEAD")
    assert (head.status, head.body, head.headers) == (200, b"", answer.headers)


@EVERY
def test_what_a_read_cannot_do_is_said_as_problem_details(sampled: Sampled, entry: Read) -> None:
    path = path_of(sampled, entry)
    for method in ("OPTIONS", "POST", "DELETE", "TRACE"):
        refused = sampled.get(path, method)
        assert (refused.status, refused.headers["content-type"]) == (405, PROBLEM)
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}
    for query in ("nope=1", "limit=0&limit=1"):
        refused = sampled.get(f"{path}?{query}")
        assert (refused.status, refused.headers["content-type"]) == (422, PROBLEM)
        check(refused, entry.path)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("application/*;q=0.1, text/html", 200),
        ("text/html,*/*;q=0.8", 200),
        ("", 200),
        ("text/html", 406),
        ("*/*, application/json;q=0", 406),
        ("application/*;q=0.0, */*", 406),
        (";;,", 406),
    ],
)
def test_what_is_accepted_decides(sampled: Sampled, accept: str, status: int) -> None:
    answer = sampled.get("/planes", accept=accept)
    assert answer.status == status
    assert answer.headers["content-type"] == ("application/json" if status == 200 else PROBLEM)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nope",
        "/cutovers/nope",
        "/cutovers/nope/state",
        "/cutovers/nope/gate",
        "/cutovers/nope/history",
        "/cutovers/nope/way",
        "/routes/nope",
        "/migrations/nope",
        "/divergences/0123456789ab",
        "/divergences/0123",
        "/divergences/%00%00%00%00%00%00%00%00%00%00%00%00",
        "/divergences/0123456789AB/seen",
        "/divergences/0123456789ab/exemplars",
    ],
)
def test_what_is_not_there_is_a_problem_too(sampled: Sampled, path: str) -> None:
    answer = sampled.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json["title"] == "Not Found"


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "limit=", "after=x", "after=!!", "after=WzEsMl0", "state=gone"),
        *("severity=huge", "cutover=nope", "cutover=", "search=%00", f"search={'x' * 201}", "epoch=now"),
        "Limit=1",
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused(sampled: Sampled, query: str) -> None:
    answer = sampled.get(f"/divergences?{query}")
    assert (answer.status, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json["detail"]
    assert answer.json.get("remedy")


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "%C2%B2"])
def test_a_cursor_of_the_audit_is_checked(sampled: Sampled, after: str) -> None:
    for path in ("/audit", "/cutovers/reads/history"):
        assert sampled.get(f"{path}?after={after}").status == 422


@pytest.mark.parametrize("path", ["/divergences", "/audit", "/cutovers/payments/history"])
def test_a_list_goes_on_to_its_end_by_cursor_and_by_link(sampled: Sampled, path: str) -> None:
    (name,) = set(sampled.get(path).json) - {"following", "head"}
    whole = sampled.get(path).json[name]
    seen: list[Any] = []
    target = f"{path}?limit=1"
    for _ in range(len(whole)):
        answer = sampled.get(target)
        seen += answer.json[name]
        following, link = answer.json["following"], answer.headers.get("link", "")
        assert bool(following) == bool(link)
        if following:
            assert link == f'<{BASE}{path}?limit=1&after={following}>; rel="next"'
            target = link.partition(">")[0].removeprefix(f"<{BASE}")
    assert seen == whole
    assert len(whole) > 1
    assert sampled.get(path).json["following"] is None


def test_filters_are_those_of_the_page(sampled: Sampled) -> None:
    counts = {
        "cutover=reads": 3,
        "cutover=payments": 0,
        "route=invoice&severity=money": 1,
        "search=TOTAL": 1,
        "version=2.1.0": 3,
        "version=2": 0,
        "stratum=country%3DDE": 1,
        "epoch=current": 3,
        "epoch=current&cutover=statements": 0,
        "state=open": 3,
        "state=resolved": 0,
        "cause=timeout": 1,
    }
    found = {query: len(sampled.get(f"/divergences?{query}").json["divergences"]) for query in counts}
    assert found == counts


def test_the_state_has_its_tag_until_it_is_moved(own: Sampled) -> None:
    from strangler.cutover import Event
    from strangler.ledger.moving import move

    before = own.get("/cutovers/reads/state")
    own.write(*own.judged("2.1.0").equals(3))
    assert own.get("/cutovers/reads/state").headers["etag"] == before.headers["etag"]
    ledger = own.ledger()
    move(ledger, own.loaded, "reads", Event("pause", "mara", "CHG-3"), own.now_ns)
    ledger.close()
    after = own.get("/cutovers/reads/state")
    assert after.headers["etag"] != before.headers["etag"]
    assert (after.json["paused"], after.json["actor"]) == (True, "mara")


def test_bodies_are_for_who_may_see_them(own: Sampled) -> None:
    (first, *_) = own.get("/divergences").json["divergences"]
    path = f"/divergences/{first['id']}"
    assert own.get(f"{path}/exemplars").json["exemplars"][0]["request"]["target"] == "/invoices/7"
    seen = [each for each in own.get("/audit").json["entries"] if each["action"] == "exemplar.seen"]
    assert [(each["actor"], each["subject"]) for each in seen] == [(own.visitor.name, first["id"])]
    own.visitor = Visitor("ann", frozenset({"viewer"}), "token")
    refused = own.get(f"{path}/exemplars")
    assert (refused.status, refused.headers["content-type"]) == (403, PROBLEM)
    assert own.get(path).status == 200
    assert b"billing.example.com" not in own.get(f"{path}/seen").body


def test_a_ledger_that_is_away_is_said_with_when_to_ask_again(own: Sampled) -> None:
    (own.folder / "strangler.db").unlink()
    for path in ("/cutovers", "/divergences", "/cutovers/reads/state"):
        answer = own.get(path)
        assert (answer.status, answer.headers["content-type"]) == (503, PROBLEM)
        assert answer.headers["retry-after"]


def test_a_mistake_of_ours_says_nothing_of_its_inside(
    own: Sampled, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("secret place")

    monkeypatch.setattr("strangler_dashboard.api.reads.records.numbers_view", broken)
    answer = own.get("/numbers")
    assert (answer.status, answer.headers["content-type"]) == (500, PROBLEM)
    assert b"secret" not in answer.body
    assert "secret place" in caplog.text


def test_an_audit_that_was_tampered_with_is_still_shown(own: Sampled) -> None:
    from sqlalchemy import text

    from strangler.testing.unguarded import unguarded

    ledger = own.ledger()
    with ledger.begin() as connection, unguarded(connection):
        connection.execute(text('UPDATE audit SET body = \'{"seq": "x"}\' WHERE seq = 1'))
    ledger.close()
    entries = own.get("/audit").json["entries"]
    assert [each["action"] for each in entries if each["seq"] == 1] == ["unreadable"]


def printed(place: Sampled, *words: str) -> Any:
    """What a command prints with `--json`."""
    ran = CliRunner().invoke(cli, ["--config", str(place.file), *words])
    return json.loads(ran.stdout)


def test_the_api_and_the_commands_have_one_shape(own: Sampled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler_cli.session.now_ns", lambda: own.now_ns)
    status = printed(own, "status", "--json")
    assert own.get("/cutovers").json["cutovers"] == status["cutovers"]
    assert own.get("/cutovers/reads").json == status["cutovers"][0]
    assert own.get("/planes").json["planes"] == status["planes"]
    running = own.get("/system").json
    assert {name: status[name] for name in status if name in running} == {
        name: running[name] for name in running if name in status
    }
    state = own.get("/cutovers/reads/state").json
    assert state == {name: status["cutovers"][0][name] for name in state}
    divergences = own.get("/divergences").json["divergences"]
    assert divergences == printed(own, "divergences", "list", "--json")["divergences"]
    for each in divergences:
        shown = printed(own, "divergences", "show", each["id"], "--json")
        assert own.get(f"/divergences/{each['id']}/exemplars").json["exemplars"] == shown.pop("exemplars")
        assert own.get(f"/divergences/{each['id']}").json == shown
    assert own.get("/numbers").json == printed(own, "numbers", "list", "--json")
    assert own.get("/effects").json["effects"] == printed(own, "effects", "list", "--json")["effects"]
    assert own.get("/audit").json["entries"] == printed(own, "audit", "list", "--json")["entries"]
    asked = printed(own, "cutover", "approvals", "payments", "--json")
    assert own.get("/cutovers/payments/approvals").json == asked
    steps = printed(own, "cutover", "plan", "reads", "--to", "retired", "--json")["steps"]
    assert own.get("/cutovers/reads/way").json["steps"] == steps
    gate = own.get("/cutovers/payments/gate").json
    assert gate == printed(own, "gate", "payments", "--format", "json")
