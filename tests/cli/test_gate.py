"""`strangler gate`: exit codes, words, and the formats that CI reads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from lxml import etree

from strangler.gate import Reason, Verdict
from strangler_cli.formats.github import MOST, as_github
from strangler_cli.formats.gitlab import as_gitlab
from strangler_cli.formats.junit import as_junit
from strangler_cli.formats.sarif import as_sarif
from strangler_cli.formats.verdict import Asked
from strangler_cli.formats.verdict_markdown import as_markdown

from .conftest import Place, Strangler
from .schemas import SARIF, junit_schema, published


@pytest.fixture
def passing(place: Place, strangler: Strangler) -> Place:
    """Started, and enough equal answers of both routes: the first attempt needs 434 at a rate of 1 %."""
    assert strangler("cutover", "start", "reads").code == 0
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    return place


def test_no_evidence_never_passes(place: Place, strangler: Strangler) -> None:
    ran = strangler("gate", "reads")
    assert ran.code == 3
    assert "evidence does not suffice" in ran.out
    assert "strangler cutover start" in ran.out


def test_it_passes(passing: Place, strangler: Strangler) -> None:
    ran = strangler("gate", "reads")
    assert ran.code == 0, ran.out
    assert ran.out.startswith("reads passes: it may advance\n")
    assert "attempt 1: 1,000 compared, 0 of them mismatch" in ran.out


def test_asking_twice_is_one_attempt(passing: Place, strangler: Strangler) -> None:
    strangler("gate", "reads")
    assert strangler("gate", "reads", "--format", "json").json["attempt"] == 1


def test_a_divergence_blocks_and_says_all_four_things(passing: Place, strangler: Strangler) -> None:
    passing.write(passing.judged().different(fingerprint="total"))
    ran = strangler("gate", "reads")
    assert ran.code == 1
    assert "reads is blocked" in ran.out
    assert "required " in ran.out
    assert "to change " in ran.out
    assert re.search(r"set in     strangler\.yaml:\d+", ran.out)


def test_paused_is_frozen(passing: Place, strangler: Strangler) -> None:
    assert strangler("cutover", "pause", "reads").code == 0
    assert strangler("gate", "reads").code == 4


def test_a_cutover_that_goes_first_is_waited_for(passing: Place, strangler: Strangler) -> None:
    passing.file.write_text(
        passing.file.read_text()
        .replace("routes: [invoice, invoices]", "routes: [invoice, invoices]\n    requires: first")
        .replace("  pay:\n", "  early: GET /early\n  pay:\n")
        .replace("cutovers:\n", "cutovers:\n  first: {routes: early}\n")
    )
    ran = strangler("gate", "reads")
    assert (ran.code, "`first` goes first, and is in legacy" in ran.out) == (4, True), ran.out


def test_stale_evidence_is_insufficient(passing: Place, strangler: Strangler) -> None:
    passing.now_ns += 3 * 86_400_000_000_000
    passing.write()
    ran = strangler("gate", "reads")
    assert (ran.code, "is 3 d old" in ran.out) == (3, True), ran.out


def test_a_worker_that_writes_no_more(passing: Place, strangler: Strangler) -> None:
    passing.now_ns += 120_000_000_000
    ran = strangler("gate", "reads")
    assert (ran.code, "the worker last wrote" in ran.out) == (3, True)


def test_unknown_cutover_and_no_ledger(place: Place, strangler: Strangler) -> None:
    ran = strangler("gate", "raeds")
    assert (ran.code, "did you mean `reads`?" in ran.err) == (2, True)
    (place.folder / "strangler.db").unlink()
    ran = strangler("gate", "reads")
    assert (ran.code, "there is no ledger yet" in ran.err) == (3, True)
    assert not (place.folder / "strangler.db").exists()


def test_json(passing: Place, strangler: Strangler) -> None:
    passing.write(passing.judged().different())
    ran = strangler("gate", "reads", "--format", "json")
    found = ran.json
    assert (found["cutover"], found["status"], found["exit_code"]) == ("reads", "blocked", ran.code)
    assert (found["compared"], found["different"], found["phase"], found["version"]) == (
        1001,
        1,
        "shadow",
        "1",
    )
    reason = found["reasons"][0]
    assert set(reason) == {
        "code",
        "status",
        "route",
        "stratum",
        "measured",
        "required",
        "remedy",
        "more",
        "file",
        "line",
    }
    assert (reason["file"], reason["line"] > 0) == ("strangler.yaml", True)


@pytest.mark.parametrize("form", ["text", "json", "github", "junit", "sarif", "gitlab", "markdown"])
def test_to_a_file(passing: Place, strangler: Strangler, form: str) -> None:
    passing.write(passing.judged().different())
    direct = strangler("gate", "reads", "--format", form)
    ran = strangler("gate", "reads", "--format", form, "-o", "report")
    assert (ran.code, direct.code) == (1, 1)
    assert Path("report").read_text(encoding="utf-8") == direct.out
    assert ran.out == "reads: blocked (exit code 1), written to report\n"
    assert strangler("gate", "reads", "-o", "no/such/folder").code == 2


def test_github_annotations(passing: Place, strangler: Strangler) -> None:
    assert strangler("gate", "reads", "--format", "github").out.startswith(
        "::notice file=strangler.yaml,title=reads passes"
    )
    passing.write(passing.judged().different())
    out = strangler("gate", "reads", "--format", "github").out
    assert re.match(r"::error file=strangler\.yaml,line=\d+,title=reads%3A [a-z-]+::\S", out)


def asked(*reasons: Reason, status: Any = "blocked", cutover: str = "reads") -> Asked:
    routes = (("invoice", "country=DE"), ("invoice", "country=FR"), ("invoices", ""))
    return Asked(Verdict(cutover, status, reasons), "a:b,c%.yaml", "shadow", 1, "1", 1, 10, 1, routes)


def reason(number: int = 1, status: Any = "blocked", **more: Any) -> Reason:
    return Reason("rate", status, f"measured {number}", "required", "remedy", **more)


def test_github_escapes_what_would_end_a_command() -> None:
    out = as_github(
        asked(Reason("rate", "blocked", "100 %\r\n::error::x", "a:b", "c,d", 12), cutover="x:y,z%")
    )
    assert out == (
        "::error file=a%3Ab%2Cc%25.yaml,line=12,title=x%3Ay%2Cz%25%3A rate::"
        "100 %25%0D%0A::error::x%0ARequired: a:b%0ATo change it: c,d\n"
    )


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (MOST, MOST), (MOST + 1, MOST), (40, MOST)])
def test_github_shows_ten_of_a_type_and_the_tenth_says_what_is_left(count: int, lines: int) -> None:
    out = as_github(asked(*(reason(number) for number in range(count)), reason(99, "insufficient")))
    errors = [line for line in out.splitlines() if line.startswith("::error ")]
    assert len(errors) == lines
    assert out.count("::warning ") == 1
    for number in range(count):
        assert f"measured {number}" in out
    if count > MOST:
        assert f"{count - MOST + 1} more" in errors[-1]


def test_junit_has_a_case_per_route_and_stratum() -> None:
    text = as_junit(asked(reason(route="invoice", stratum="country=FR"), reason(2), reason(3)))
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("name")) == ("4", "2", "reads")
    cases = {case.get("name"): case.find("failure") for case in suite}
    assert set(cases) == {"cutover", "invoice (country=DE)", "invoice (country=FR)", "invoices"}
    failure = cases["invoice (country=FR)"]
    assert failure is not None
    message = failure.get("message")
    assert message == "rate: measured 1"
    assert message in (failure.text or "")
    assert cases["invoices"] is None
    whole = cases["cutover"]
    assert whole is not None
    assert "measured 2" in (whole.get("message") or "")
    assert "measured 3" in (whole.get("message") or "")


def test_junit_holds_any_text() -> None:
    bad = Reason("rate", "insufficient", "a\x00b\x1b]<&>\"'\ud800\ufffe ]]>", "r", "m")
    root = ET.fromstring(as_junit(asked(bad, status="insufficient")).encode("utf-8"))
    assert root.get("failures") == "1"


def test_junit_of_a_passing_gate_has_no_failure(passing: Place, strangler: Strangler) -> None:
    root = ET.fromstring(strangler("gate", "reads", "--format", "junit").out)
    assert (root.get("tests"), root.get("failures")) == ("3", "0")


@pytest.mark.full
def test_junit_against_the_schema_of_jenkins(tmp_path: Path) -> None:
    schema = junit_schema(tmp_path)
    empty = asked(status="passed")
    many = asked(*(reason(number, route=f"r{number}", stratum="a=b") for number in range(40)))
    for each in (empty, many, hostile(), asked(reason(1, "insufficient"), reason(2))):
        schema.assertValid(etree.fromstring(as_junit(each).encode()))
    broken = as_junit(many).replace("<failure ", "<failed ").replace("</failure>", "</failed>")
    assert not schema.validate(etree.fromstring(broken.encode()))


def hostile() -> Asked:
    """Reasons with what a file name, a route and a message may hold."""
    reasons = [
        Reason("rate", "blocked", "1 of `a|b`\n<script>", "at most 0.1 %", "mend it", 7, "a|b", "EUR"),
        Reason("rate", "blocked", "2 of `c`", "at most 0.1 %", "mend it", 7, "c", "EUR"),
        Reason("stale", "insufficient", "3 d old", "within 24 h", "send traffic"),
        Reason("freeze", "frozen", "frozen", "a time outside", "it ends", 3),
        Reason("stale", "insufficient", "4 d old", "within 24 h", "send traffic"),
    ]
    verdict = Verdict("reads/é", "blocked", tuple(reasons), ("a note",), "e")
    return Asked(verdict, "deploy/strangler é.yaml", "shadow", 1, "2", 1, 10, 3)


def test_sarif_is_what_its_model_takes() -> None:
    log = as_sarif(hostile())
    from sarif_pydantic import Sarif

    (run,) = Sarif.model_validate(log).runs
    assert [result.rule_id for result in run.results or ()] == ["rate", "rate", "stale", "freeze", "stale"]
    results = log["runs"][0]["results"]
    assert [each["level"] for each in results] == ["error", "error", "warning", "note", "warning"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "deploy/strangler%20%C3%A9.yaml"},
        "region": {"startLine": 7},
    }
    assert "region" not in results[2]["locations"][0]["physicalLocation"]
    marks = [each["partialFingerprints"]["strangler/v1"] for each in results]
    assert marks[2] == marks[4]
    assert len(set(marks)) == 4
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in results] == [each["ruleId"] for each in results]
    assert as_sarif(replace(hostile(), verdict=Verdict("reads", "pass", ())))["runs"][0]["results"] == []


OASIS = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@pytest.mark.parametrize("passes", [False, True], ids=["hostile", "passing"])
def test_sarif_is_what_the_schema_of_oasis_says(passes: bool) -> None:
    schema = published(SARIF)
    assert schema["$id"] == OASIS, "the committee's own, not one of its drafts"
    check = jsonschema.validators.validator_for(schema)
    assert check is not jsonschema.validators.validator_for({}), "the draft that it names"
    log = as_sarif(replace(hostile(), verdict=Verdict("reads", "pass", ())) if passes else hostile())
    formats = check(schema, format_checker=check.FORMAT_CHECKER)
    formats.validate(log)
    for broken in ({"version": "2.0.0"}, {"runs": [{**log["runs"][0], "tool": {}}]}, {"unknown": 1}):
        assert not formats.is_valid({**log, **broken}), "a schema that takes everything proves nothing"


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""GitLab publishes none: this is the table of fields of its manual (Code Quality, "report format")."""


def test_gitlab_is_what_its_manual_says() -> None:
    jsonschema.Draft202012Validator(GITLAB).validate(as_gitlab(hostile()))
    assert as_gitlab(replace(hostile(), verdict=Verdict("reads", "pass", ()))) == []


def test_gitlab_has_no_fingerprint_twice() -> None:
    entries = as_gitlab(hostile())
    assert [each["severity"] for each in entries] == ["blocker", "blocker", "major", "info"]
    assert len({each["fingerprint"] for each in entries}) == 4
    assert entries[2]["description"] == "3 d old; required: within 24 h; 4 d old"
    assert all(each["location"]["lines"]["begin"] >= 1 for each in entries)
    assert set(entries[0]) == {"description", "check_name", "fingerprint", "severity", "location"}


def test_a_step_summary_goes_where_github_says(
    passing: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing.write(passing.judged().different())
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(passing.folder / "summary.md"))
    assert strangler("gate", "reads").code == 1
    assert not (passing.folder / "summary.md").exists()
    ran = strangler("gate", "reads", "--format", "github")
    assert ran.out.startswith("::error ")
    assert strangler("gate", "reads", "--format", "github").code == 1
    summary = (passing.folder / "summary.md").read_text(encoding="utf-8")
    assert summary.count("### ⛔ reads: blocked\n") == 2
    assert "| ⛔ | 1 of" in summary


def test_markdown_takes_names_for_text() -> None:
    page = as_markdown(hostile())
    assert "<script>" not in page
    assert [line.count("|") - line.count("\\|") for line in page.splitlines() if line.startswith("| ")] == [
        5
    ] * 6


def test_waiting_ends_when_it_is_decided(
    passing: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert strangler("cutover", "pause", "reads").code == 0
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        passing.now_ns += int(seconds) * 1_000_000_000
        passing.write()
        if len(waits) == 3:
            strangler("cutover", "resume", "reads")

    monkeypatch.setattr("strangler_cli.session.pause", pause)
    ran = strangler("gate", "reads", "--wait")
    assert (ran.code, waits) == (0, [5, 5, 5])
    assert strangler("gate", "reads", "--format", "json").json["attempt"] == 1


def test_waiting_ends_with_the_time(
    place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        place.now_ns += int(seconds * 1_000) * 1_000_000

    monkeypatch.setattr("strangler_cli.session.pause", pause)
    ran = strangler("gate", "reads", "--wait", "--timeout", "12s")
    assert (ran.code, sum(waits)) == (3, 12)
    assert strangler("gate", "reads", "--wait", "--timeout", "soon").code == 2
    (place.folder / "strangler.db").unlink()
    assert strangler("gate", "reads", "--wait", "--timeout", "12s").code == 3
    assert sum(waits) == 24, "a ledger that is away may come back"
