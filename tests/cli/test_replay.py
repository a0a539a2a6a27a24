"""`strangler replay`: a recording against real servers: what is asked, what is left out, what differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from strangler.testing.origin import RESET, Origin, Seen, Steps, answer

from .conftest import Strangler

JSON = ("Content-Type", "application/json")


def says(*bodies: bytes) -> Callable[[Seen], Steps]:
    """Answers with these, one after the other, and then with the last."""
    left = list(bodies)
    return lambda _: iter((answer(left.pop(0) if len(left) > 1 else left[0], JSON),))


def resets(_: Seen) -> Steps:
    yield RESET


@pytest.fixture
def serve() -> Iterator[Callable[..., Origin]]:
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(Origin(default=script))


def line(target: str, body: object, method: str = "GET") -> str:
    headers = {"Content-Type": "application/json"}
    said = {"status": 200, "headers": headers, "body": body}
    return json.dumps({"request": {"method": method, "url": target}, "response": said}) + "\n"


def test_safe_requests_are_asked_and_compared_with_what_was_recorded(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    candidate = serve(says(b'{"total": "10.01", "currency": "EUR"}'))
    old = {"total": "10.00", "currency": "EUR"}
    same = {"currency": "EUR", "total": "10.01"}
    (home / "r.jsonl").write_text(
        line("/invoices/1?x=1", old) + line("/invoices/22", old) + line("/other", same)
        + line("/invoices", old, "POST") + "broken\n" + '{"request": {"url": "/invoices/3"}}'
    )  # fmt: skip
    ran = strangler("replay", "r.jsonl", "--against", candidate.url, "--concurrency", "2", "--format", "json")
    found = ran.json
    assert (ran.code, found["pairs"], found["equal"], found["different"]) == (2, 3, 1, 2)
    assert found["skipped"] == {"it may write": 1, "no answer in the recording": 1}
    assert found["unread"]["entries"][0]["where"] == "r.jsonl:5"
    (group,) = found["divergences"]
    assert (group["route"], group["place"], group["cause"]) == ("GET /invoices/*", "$.total", "rounding")
    assert group["drift"] == {"EUR": "0.02"}
    assert sorted(candidate.targets()) == ["/invoices/1?x=1", "/invoices/22", "/other"]
    text = strangler("replay", "r.jsonl", "--against", candidate.url).out
    assert "1 skipped: it may write" in text


def test_rules_and_routes_are_those_of_the_file_where_there_is_one(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    candidate = serve(says(b'{"n": 2}'))
    (home / "r.jsonl").write_text(
        line("/v1/invoices/1", {"n": 1}) + line("/v1/other", {}) + line("/v1/search", {"n": 2}, "POST")
    )
    (home / "rules.yaml").write_text("- ignore: $.n\n")
    arguments = ("replay", "r.jsonl", "--against", candidate.url, "--rules", "rules.yaml")
    assert strangler(*arguments[:-2]).code == 1
    assert strangler(*arguments).code == 0
    assert strangler(*arguments, "--decode", "text").code == 1
    (home / "strangler.yaml").write_text(
        'version: 1\nlegacy: {url: "http://127.0.0.1:1/v1"}\ncandidate: {url: "http://127.0.0.1:2"}\n'
        "routes:\n  invoice: {match: {method: GET, path: '/invoices/{id}'}, rules: [{ignore: $.n}]}\n"
        "  search: {match: {method: POST, path: /search}, safe: true}\n"
    )
    assert strangler(*arguments).code == 2
    assert strangler(*arguments[:-2], "--decode", "text").code == 2
    candidate.seen.clear()
    ran = strangler("replay", "r.jsonl", "--against", candidate.url, "--format", "json")
    assert (ran.code, ran.json["equal"], ran.json["skipped"]) == (0, 2, {"no route takes it": 1})
    assert sorted(candidate.targets()) == ["/invoices/1", "/search"]


def test_live_asks_legacy_too_and_a_difference_again(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    legacy, candidate = serve(says(b'{"n": 1}', b'{"n": 2}')), serve(says(b'{"n": 2}'))
    (home / "r.jsonl").write_text('{"request": {"url": "/a"}}\n')
    arguments = ("replay", "r.jsonl", "--against", candidate.url, "--live")
    assert strangler(*arguments).code == 2, "it does not know where legacy is"
    ran = strangler(*arguments, "--legacy", legacy.url, "--format", "json")
    assert (ran.json["pairs"], ran.json["different"]) == (1, 0)
    assert (len(legacy.seen), len(candidate.seen)) == (2, 2)
    other = serve(says(b'{"n": 3}'))
    assert strangler("replay", "r.jsonl", "--against", other.url, "--live", "--legacy", legacy.url).code == 1


def test_a_candidate_that_stops_answering_is_left_alone(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    candidate = serve(resets)
    (home / "r.jsonl").write_text("".join(line(f"/x/{n}", {}) for n in range(100)))
    arguments = ("replay", "r.jsonl", "--against", candidate.url, "--concurrency", "1", "--format", "json")
    ran = strangler(*arguments)
    assert ran.code == 1
    assert ran.json["failed"] == {"reset": 40}
    assert ran.json["skipped"] == {"a side failed 40 times in a row": 60}
    assert len(set(candidate.targets())) == 40


def test_a_har_of_one_host(home: Path, strangler: Strangler, serve: Callable[..., Origin]) -> None:
    candidate = serve(says(b'{"n": 1}'))

    def entry(url: str) -> dict[str, object]:
        content = {"text": '{"n": 1.0}', "mimeType": "application/json"}
        headers = [{"name": "Content-Type", "value": "application/json"}]
        response = {"status": 200, "headers": headers, "content": content}
        return {"request": {"method": "GET", "url": url, "headers": []}, "response": response}

    urls = ["https://a.test/v1/x", "https://a.test/v1/y", "https://cdn.test/z"]
    (home / "r.har").write_text(json.dumps({"log": {"entries": [entry(url) for url in urls]}}))
    ran = strangler("replay", "r.har", "--against", candidate.url, "--rate", "1000", "--format", "json")
    assert (ran.code, ran.json["equal"], ran.json["skipped"]) == (0, 2, {"it went to another host": 1})
    assert sorted(candidate.targets()) == ["/v1/x", "/v1/y"]
    assert strangler("replay", "r.har", "--against", "a.test").code == 2
    assert strangler("replay", "absent.har", "--against", candidate.url).code == 2
    (home / "empty.jsonl").write_text("")
    assert strangler("replay", "empty.jsonl", "--against", candidate.url).code == 2


RECORDED = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2", version: {endpoint: /version}}
routes:
  invoice: GET /invoices/{id}
  other: GET /other
cutovers: {reads: {routes: [invoice]}}
strata: {currency: {answer: $.currency}}
"""


def test_what_is_recorded_is_evidence_as_live_traffic_is(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    def candidate(seen: Seen) -> Steps:
        said = b'{"version": "7"}' if seen.target == "/version" else b'{"total": "10.01", "currency": "EUR"}'
        return iter((answer(said, JSON),))

    (home / "strangler.yaml").write_text(RECORDED)
    right, wrong = ({"total": total, "currency": "EUR"} for total in ("10.01", "10.00"))
    (home / "r.jsonl").write_text(
        line("/invoices/1", right) + line("/invoices/2", wrong) + line("/other", right)
    )
    origin = serve(candidate)
    arguments = ("replay", "r.jsonl", "--against", origin.url, "--record", "--format", "json")
    found = strangler(*arguments).json
    assert (found["pairs"], found["different"], found["recorded"]) == (2, 1, 2)
    assert found["skipped"] == {"its route is in no cutover": 1}
    assert strangler(*arguments, "--candidate-version", "8").json["recorded"] == 2
    (divergence,) = strangler("divergences", "list", "--json").json["divergences"]
    assert (divergence["count"], divergence["cause"]) == (2, "rounding")
    assert divergence["versions"] == ["8", "7"]
    assert divergence["drift"] == {"EUR": "0.02"}
    shown = strangler("divergences", "show", divergence["id"]).out
    assert "10.00" in shown
    assert "10.01" in shown
    status = strangler("status", "--json").json
    counts = status["accounting"]
    assert (counts["sent"], counts["recorded"], counts["outstanding"]) == (4, 4, 0)
    gate = strangler("gate", "reads")
    assert gate.code == 1
    assert "no worker ever wrote" in gate.out, "a replay is no worker that lives"


def test_recording_needs_a_place_to_record_in(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    origin = serve(says(b"{}"))
    (home / "r.jsonl").write_text(line("/a", {}))
    assert "strangler.yaml" in strangler("replay", "r.jsonl", "--against", origin.url, "--record").err
    ran = strangler("replay", "r.jsonl", "--against", origin.url, "--candidate-version", "1")
    assert (ran.code, origin.seen) == (2, [])


def test_a_cycle_that_was_recorded_whole_is_a_census(
    home: Path, strangler: Strangler, serve: Callable[..., Origin]
) -> None:
    origin = serve(says(b'{"version": "7", "total": "10.01", "currency": "EUR"}'))
    (home / "strangler.yaml").write_text(RECORDED + "policy: {census: true}\n")
    body = {"version": "7", "total": "10.01", "currency": "EUR"}
    lines = [json.loads(line(f"/invoices/{number}", body)) for number in range(3)]
    for number, each in enumerate(lines):
        each["at"] = f"2020-01-0{number + 1}T00:00:00Z"
    (home / "r.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    arguments = ("replay", "r.jsonl", "--against", origin.url, "--census")
    assert "--record" in strangler(*arguments, "2020-01").err
    refused = strangler(*arguments, "2020-02", "--record")
    assert (refused.code, origin.seen) == (2, [])
    assert "r.jsonl:1" in refused.err
    assert strangler(*arguments, "2020-01", "--record").code == 0
    (entry,) = strangler("audit", "export").out.splitlines()
    assert "census" in entry
    notes = strangler("gate", "reads", "--format", "json").json["notes"]
    assert notes == [
        "census of 2020-01: 3 of 3 of `invoice` (currency=EUR), and it says nothing: it is not of the last full cycle"
    ]
