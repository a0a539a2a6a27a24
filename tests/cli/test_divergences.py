"""`strangler divergences`: seeing what differs, and letting it differ."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from strangler.ledger.audit import head
from strangler.ledger.settled import Exemplar, Finding
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest

from .conftest import Place, Strangler


def message(body: str | None, **fields: str) -> RedactedMessage:
    pairs = (("content-type", "application/json"), *fields.items())
    return RedactedMessage(pairs, body, "tree" if body else "absent", "application/json", len(body or ""), "")


def example(legacy: dict[str, Any], candidate: dict[str, Any]) -> Exemplar:
    request = RedactedRequest("GET", "/invoices/7", "localhost", message(None))
    one, two = (RedactedAnswer(200, message(json.dumps(body)), 1_500_000) for body in (legacy, candidate))
    return Exemplar(request, one, two, 1, "k")


def finding(location: str, **more: Any) -> Finding:
    values: dict[str, Any] = {"kind": "changed", "cause": "rounding", "severity": "money"}
    return Finding(
        **{"fingerprint": location, "fingerprint_version": 1, "location": location, **values, **more}
    )


TOTAL = finding(
    "body $.total",
    drift=(("EUR", Decimal("-0.01")), ("JPY", Decimal(3))),
    legacy='"10.00"',
    candidate='"9.99"',
    detail="half-even against half-up",
)
STAMP = finding("body $.generated_at", cause="unexplained", severity="minor", legacy='"a"', candidate='"b"')
KEY = finding(
    "body $.lines[*]['tax rate']", kind="missing", cause="null-or-absent", severity="major", legacy="19"
)
FIELD = finding(
    "header $['cache-control']", cause="unexplained", severity="minor", legacy='"a"', candidate='"b"'
)
FAILED = finding("status", kind="failed", cause="timeout", severity="major")


@pytest.fixture
def differing(place: Place, strangler: Strangler) -> Place:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    shown = example(
        {"id": 7, "lines": [{"n": 1}, {"n": 2}], "generated_at": "a", "total": 10, "z": [1, 2, 3, 4, 5, 6]},
        {"id": 7, "lines": [{"n": 1}, {"n": 2}], "generated_at": "b", "total": 9, "z": [1, 2, 3, 4, 5, 6]},
    )
    place.write(
        *(judged.different(findings=(STAMP,), exemplar=shown) for _ in range(9)),
        *(
            judged.different(findings=(TOTAL,), exemplar=shown, served_candidate=True, primary="candidate")
            for _ in range(2)
        ),
        judged.different(findings=(KEY, FIELD)),
        judged.failed("timeout", findings=(FAILED,)),
    )
    return place


def ids(strangler: Strangler) -> dict[str, str]:
    found = strangler("divergences", "list", "--json").json["divergences"]
    return {each["location"]: each["id"] for each in found}


def test_money_comes_first_then_the_count(differing: Place, strangler: Strangler) -> None:
    ran = strangler("divergences", "list")
    assert ran.code == 0
    rows = [line for line in ran.out.splitlines()[1:] if line.strip()]
    assert "-0.02 EUR, +6 JPY" in rows[0]
    assert "$.total differs: legacy says" in rows[1]
    assert "$.generated_at" in rows[4]
    found = strangler("divergences", "list", "--json").json["divergences"]
    assert [each["count"] for each in found][:2] == [2, 9]
    assert found[0]["drift"] == {"EUR": "-0.02", "JPY": "6"}
    assert (found[0]["cause"], found[0]["wrong_amounts"], found[0]["versions"]) == ("rounding", 2, ["1"])


def test_filters(differing: Place, strangler: Strangler) -> None:
    def count(*more: str) -> int:
        return len(strangler("divergences", "list", "--json", *more).json["divergences"])

    assert count("--epoch", "current", "--cutover", "reads") == 5
    assert count("--route", "invoices") == 0
    assert count("--state", "accepted") == 0
    assert strangler("divergences", "list", "--cutover", "nope").code == 2
    differing.file.write_text(differing.file.read_text() + "rules: [{ignore: $.x}]\n")
    assert count("--epoch", "current") == 0
    assert count() == 5


def test_none(place: Place, strangler: Strangler) -> None:
    assert strangler("divergences", "list").out == "no divergences\n"
    assert strangler("divergences", "list", "--json").json == {"divergences": []}
    assert strangler("divergences", "list", "--epoch", "current").out == "no divergences\n"


def test_show_has_it_in_a_sentence_and_side_by_side(differing: Place, strangler: Strangler) -> None:
    out = strangler("divergences", "show", ids(strangler)["body $.total"]).out
    assert '$.total differs: legacy says "10.00", the candidate "9.99"' in out
    for words in (
        "rounding: half-even against half-up",
        "2 of them a wrong amount served",
        "-0.02 EUR",
        "version 1",
    ):
        assert words in out
    assert "GET /invoices/7" in out
    marked = [line for line in out.splitlines() if ">>" in line]
    assert len(marked) == 1
    assert marked[0].split() == ['"total":', "10", ">>", '"total":', "9"]
    assert any("|" in line and "generated_at" in line for line in out.splitlines())
    assert "…" in out
    full = strangler("divergences", "show", ids(strangler)["body $.total"], "--full").out
    assert "…" not in full.partition("example")[2]


def test_show_a_prefix_a_header_and_nothing(differing: Place, strangler: Strangler) -> None:
    found = ids(strangler)
    assert strangler("divergences", "show", found["body $.total"][:8]).code == 0
    assert "no example was kept" in strangler("divergences", "show", found["status"]).out
    assert (
        "header:cache-control differs"
        in strangler("divergences", "show", found["header $['cache-control']"]).out
    )
    ran = strangler("divergences", "show", "ffffffffffff")
    assert (ran.code, "strangler divergences list" in ran.err) == (2, True)
    shown = strangler("divergences", "show", found["body $.total"], "--json").json
    assert json.loads(shown["exemplars"][0]["legacy"]["body"])["total"] == 10


@pytest.mark.parametrize(
    ("location", "more", "rule"),
    [
        ("body $.generated_at", [], "- ignore: $.generated_at"),
        ("body $.lines[*]['tax rate']", [], "- ignore: $.lines[*]['tax rate']"),
        ("header $['cache-control']", [], '- ignore: "header:cache-control"'),
        ("body $.total", ["--kind", "decimal", "--option", "tolerance=1"], "- decimal: $.total"),
        ("body $.generated_at", ["--kind", "map", "--option", "values={a: b}"], "values: {a: b}"),
    ],
)
def test_accept_writes_a_rule_under_the_route(
    differing: Place, strangler: Strangler, location: str, more: list[str], rule: str
) -> None:
    before = differing.file.read_text()
    ran = strangler(
        "divergences", "accept", ids(strangler)[location], "--reason", "agreed: yes", "--owner", "ann", *more
    )
    assert ran.code == 0, ran.err
    after = differing.file.read_text()
    assert rule.replace('"', "") in after.replace('"', "")
    assert [line for line in after.splitlines() if line in before.splitlines()] == before.splitlines()
    assert "+      - " in ran.out
    assert "new epoch" in ran.out
    assert len(differing.loaded.config.routes["invoice"].rules) == 1
    assert differing.loaded.config.routes["invoice"].rules[0].reason == "agreed: yes"
    accepted = strangler("divergences", "list", "--state", "accepted", "--json").json["divergences"]
    assert [(each["location"], each["reason"]) for each in accepted] == [(location, "agreed: yes")]
    ledger = differing.ledger()
    with ledger.read() as connection:
        entry = head(connection)
    ledger.close()
    assert entry is not None
    assert entry.body["action"] == "divergence.accepted"


def test_accept_for_every_route_with_a_last_day(differing: Place, strangler: Strangler) -> None:
    identity = ids(strangler)["body $.generated_at"]
    more = ["--reason", "a clock", "--shared", "--expires", "2027-01-31", "--actor", "bob"]
    assert strangler("divergences", "accept", identity, *more).code == 0
    (rule,) = differing.loaded.config.rules
    assert rule.expires is not None
    assert rule.expires.isoformat() == "2027-01-31"
    assert differing.file.read_text().endswith(
        "\nrules:\n  - ignore: $.generated_at\n    reason: a clock\n    expires: 2027-01-31\n"
    )


@pytest.mark.parametrize(
    ("location", "more", "words"),
    [
        ("status", [], "a failed answer cannot be accepted"),
        ("body $.total", ["--option", "by=id"], "unknown key `by`"),
        ("body $.total", ["--kind", "decimal", "--option", "scale=x"], "scale"),
        ("body $.total", ["--option", "nonsense"], "NAME=VALUE"),
        ("body $.total", ["--option", "a={"], "is not YAML"),
        ("body $.total", ["--kind", "rename", "--option", "to=$.a[*]"], "the same number of wildcards"),
    ],
)
def test_what_cannot_be_accepted_changes_nothing(
    differing: Place, strangler: Strangler, location: str, more: list[str], words: str
) -> None:
    before = differing.file.read_text()
    ran = strangler("divergences", "accept", ids(strangler)[location], "--reason", "r", *more)
    assert (ran.code, words in ran.err) == (2, True), ran.err
    assert differing.file.read_text() == before
    assert strangler("divergences", "list", "--state", "accepted", "--json").json == {"divergences": []}


@pytest.mark.parametrize("kind", ["missing", "extra"])
def test_a_lost_line_is_not_accepted_by_hiding_all_lines(
    place: Place, strangler: Strangler, kind: str
) -> None:
    lost = finding("body $.lines[*]", kind=kind, cause="null-or-absent", severity="major", legacy='{"n": 1}')
    place.write(place.judged().different(findings=(lost,)))
    before = place.file.read_text()
    (divergence,) = ids(strangler).values()
    ran = strangler("divergences", "accept", divergence, "--reason", "r", "--yes")
    assert (ran.code, place.file.read_text()) == (2, before)
    assert "would hide every item there" in ran.err
    assert "`ignore: $.lines`" in ran.err
    assert strangler("divergences", "accept", divergence, "--reason", "r", "--kind", "unordered").code == 0


def test_usage_of_accept(differing: Place, strangler: Strangler) -> None:
    identity = ids(strangler)["body $.total"]
    assert strangler("divergences", "accept", identity).code == 2
    assert strangler("divergences", "accept", identity, "--reason", "r", "--expires", "soon").code == 2
    assert strangler("divergences", "accept", identity, "--reason", "r", "--kind", "forget").code == 2


def test_a_file_that_cannot_be_written_accepts_nothing(
    differing: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    from strangler.errors import UsageError
    from strangler_cli import accepting

    def full(*_: object) -> None:
        raise UsageError("cannot be written: No space left on device", where="strangler.yaml")

    before = differing.file.read_text()
    monkeypatch.setattr(accepting, "replace_text", full)
    ran = strangler("divergences", "accept", ids(strangler)["body $.total"], "--reason", "r")
    assert (ran.code, "No space left" in ran.err) == (2, True)
    assert differing.file.read_text() == before
    assert strangler("divergences", "list", "--state", "accepted", "--json").json == {"divergences": []}


def test_a_list_is_three_lines_each_with_times_and_versions(differing: Place, strangler: Strangler) -> None:
    found = strangler("divergences", "list").out.splitlines()
    assert found[0].split() == ["id", "seen", "money", "route", "cause", "state"]
    at = next(number for number, line in enumerate(found) if "-0.02 EUR" in line)
    assert found[at].split()[-2:] == ["rounding", "open"]
    assert found[at + 1].strip() == '$.total differs: legacy says "10.00", the candidate "9.99"'
    seen = r" {14}\d{4}-\d\d-\d\d \d\d:\d\d( to \S+)? UTC, version 1"
    assert re.fullmatch(seen, found[at + 2])
    assert max(len(line) for line in found) <= 110


def test_a_person_may_say_that_it_is_gone_and_it_regresses_in_a_version(
    differing: Place, strangler: Strangler
) -> None:
    identity = ids(strangler)["body $.total"]
    assert strangler("divergences", "resolve", identity).code == 2
    ran = strangler("divergences", "resolve", identity[:6], "--reason", "mended")
    assert (ran.code, ran.out) == (0, f"{identity}: resolved in 1\n")
    said = strangler("divergences", "resolve", identity, "--reason", "mended", "--in-version", "1.1")
    assert said.out == f"{identity}: resolved in 1.1\n"
    shown = strangler("divergences", "show", identity, "--json").json
    assert (shown["state"], shown["resolved_in"], shown["regressed_in"]) == ("resolved", "1.1", None)
    differing.now_ns += 120_000_000_000
    judged = differing.judged("1.1")
    differing.write(judged.different(findings=(TOTAL,)))
    shown = strangler("divergences", "show", identity, "--json").json
    assert (shown["state"], shown["resolved_in"], shown["regressed_in"]) == ("regressed", "1.1", "1.1")
    assert (
        "state      regressed in 1.1 (resolved in 1.1): mended"
        in strangler("divergences", "show", identity).out
    )
    assert "regressed in 1.1 (resolved in 1.1)" in strangler("divergences", "list").out
