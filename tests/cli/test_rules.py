"""`strangler rules`: what is in force, what is suggested, and writing it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.model import Outcome
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.config.rule_yaml import flow
from strangler.config.rules import KINDS
from strangler.config.rulesfile import parse_rules
from strangler.ledger.settled import NoiseFinding, Settled, finding
from strangler.redaction import Redactor
from strangler.testing.judged import Judged

from .conftest import Place, Strangler


@pytest.fixture
def noisy(place: Place, strangler: Strangler) -> Place:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    clock = NoiseFinding(
        "body $.generated_at", "changed", "twin", "", '"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:05Z"'
    )
    token = NoiseFinding("body $.token", "changed", "twin", "", '"x"', '"y"')
    for route in ("invoice", "invoices"):
        place.write(*(judged.equal(route, twinned=True, noise=(clock, token)) for _ in range(4)))
    return place


def differing(judged: Judged, left: Any, right: Any, route: str = "invoice") -> Settled:
    """An exchange whose answers differ, with what a worker finds in them."""
    outcome = compare(left, right)
    found = tuple(
        finding((each,), mark.digest, mark.version, Redactor(b"k"))
        for each in outcome.differences
        for mark in [fingerprint(route, each)]
    )
    return judged.different(route, findings=found)


def proposals(strangler: Strangler, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = strangler("rules", "suggest", "--json", *more).json["proposals"]
    return found


def test_noise_one_by_one_stays_proposed_until_written(noisy: Place, strangler: Strangler) -> None:
    found = proposals(strangler)
    assert {(each["kind"], each["location"], each["source"]) for each in found} == {
        ("instant", "$.generated_at", "noise"),
        ("ignore", "$.token", "noise"),
    }
    ids = [each["id"] for each in found]
    assert len(ids) == len(set(ids)) == 4
    for count, identity in enumerate(ids, start=1):
        ran = strangler("rules", "suggest", identity, "--owner", "ann", "--write", "--yes")
        assert ran.code == 0, ran.err
        assert len(proposals(strangler)) == 4 - count
    rules = {name: len(route.rules) for name, route in noisy.loaded.config.routes.items()}
    assert rules == {"invoice": 2, "invoices": 2, "pay": 0}
    assert all(rule.owner == "ann" for rule in noisy.loaded.config.routes["invoices"].rules)
    assert "nothing is proposed" in strangler("rules", "suggest").out
    assert "differs from itself: 4 of 4" in strangler("rules", "list").out
    assert "# the list" in noisy.file.read_text()


def test_without_write_nothing_changes_and_the_patch_is_one(noisy: Place, strangler: Strangler) -> None:
    before = noisy.file.read_text()
    ran = strangler("rules", "suggest", "--route", "invoice", "--expires", "2030-01-31")
    assert ran.code == 0
    assert noisy.file.read_text() == before
    if patch := shutil.which("patch"):
        subprocess.run([patch, "-p0", "--quiet"], input=ran.out.encode(), check=True, cwd=noisy.folder)
        assert [rule.expires is not None for rule in noisy.loaded.config.routes["invoice"].rules] == [
            True
        ] * 2
        assert noisy.loaded.config.routes["invoices"].rules == ()
    assert ran.out.count("\n+") >= 2 * 3


def test_shared_is_one_rule_for_all_routes(noisy: Place, strangler: Strangler) -> None:
    ran = strangler("rules", "suggest", "--shared", "--reason", "clocks and tokens", "--write")
    assert ran.code == 0, ran.err
    assert [rule.reason for rule in noisy.loaded.config.rules] == ["clocks and tokens"] * 2
    assert proposals(strangler) == []


def test_what_is_money_on_one_route_is_shared_with_none(noisy: Place, strangler: Strangler) -> None:
    text = noisy.file.read_text()
    noisy.file.write_text(text.replace("  pay:\n", "  pay:\n    rules: [{decimal: $.token}]\n"))
    assert {each["location"] for each in proposals(strangler, "--shared")} == {"$.generated_at"}
    assert {each["location"] for each in proposals(strangler)} == {"$.generated_at", "$.token"}


def test_usage(noisy: Place, strangler: Strangler) -> None:
    ran = strangler("rules", "suggest", "zzz")
    assert (ran.code, "proposed now: " in ran.err) == (2, True)
    assert strangler("rules", "suggest", "--route", "other").code == 2
    assert strangler("rules", "suggest", "--fewest", "0").code == 2
    assert strangler("rules", "suggest", "--twins").code == 2
    assert strangler("rules", "suggest", "--rules", "x").code == 2
    assert proposals(strangler, "--fewest", "5") == []


def test_open_divergences_get_the_rule_of_their_cause_and_are_accepted_with_it(
    place: Place, strangler: Strangler
) -> None:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    left = {"state": "PAID", "tags": ["a", "b", "c"], "issued": "31.01.2026", "total": "10.00", "k": 1}
    right = {"state": "paid", "tags": ["c", "a", "b"], "issued": "2026-01-31", "total": "10.01", "k": 2}
    place.write(*(differing(judged, left, right) for _ in range(3)), *judged.equals(7))
    found = {each["location"]: each for each in proposals(strangler)}
    assert {where: each["rule"] for where, each in found.items()} == {
        "$.state": {
            "text": "$.state",
            "case": "fold",
            "reason": "the same but for upper and lower case: 3 of 10 compared",
        },
        "$.tags": {"unordered": "$.tags", "reason": "the same in another order: 3 of 10 compared"},
        "$.issued": {
            "instant": "$.issued",
            "format": {"legacy": "%d.%m.%Y", "candidate": "iso"},
            "reason": "the same moment in another format: 3 of 10 compared",
        },
    }
    assert {each["source"] for each in found.values()} == {"divergence"}
    assert "3 rules could let pass" in strangler("status").out
    (mark,) = found["$.state"]["divergences"]
    ran = strangler("rules", "suggest", found["$.state"]["id"], "--write", "--actor", "ann")
    assert ran.code == 0, ran.err
    accepted = strangler("divergences", "list", "--state", "accepted", "--json").json["divergences"]
    assert [(each["id"], each["actor"]) for each in accepted] == [(mark, "ann")]
    assert accepted[0]["rule"].startswith("- text: $.state\n  case: fold\n")
    assert {each["location"] for each in proposals(strangler)} == {"$.tags", "$.issued"}
    (rule,) = place.loaded.config.routes["invoice"].rules
    assert "total" not in str(rule)


def test_a_file_that_cannot_be_written_accepts_nothing(
    place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    from strangler.errors import UsageError
    from strangler_cli import accepting

    def full(*_: object) -> None:
        raise UsageError("cannot be written: No space left on device", where="strangler.yaml")

    strangler("cutover", "start", "reads")
    judged = place.judged()
    place.write(*(differing(judged, {"state": "PAID"}, {"state": "paid"}) for _ in range(3)))
    monkeypatch.setattr(accepting, "replace_text", full)
    ran = strangler("rules", "suggest", "--write")
    assert (ran.code, "No space left" in ran.err) == (2, True)
    assert strangler("divergences", "list", "--state", "accepted", "--json").json == {"divergences": []}


def test_rules_of_a_file_without_any(place: Place, strangler: Strangler) -> None:
    assert "no rules: nothing may differ" in strangler("rules", "list").out
    assert strangler("rules", "list", "--json").json == {"rules": []}
    assert "nothing is proposed" in strangler("rules", "suggest").out
    assert strangler("rules", "suggest", "--write").code == 0


def test_the_list_as_json(place: Place, strangler: Strangler) -> None:
    text = place.file.read_text()
    place.file.write_text(text + "rules:\n  - text: $.a\n    case: fold\n    owner: ann\n")
    (rule,) = strangler("rules", "list", "--json").json["rules"]
    assert rule == {
        "line": len(text.splitlines()) + 2,
        "route": "",
        "kind": "text",
        "rule": {"text": ["$.a"], "case": "fold", "owner": "ann"},
    }


# from pairs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pairs(home: Path) -> Path:
    lines = [
        {
            "id": str(n),
            "route": "GET /a" if n % 2 else "GET /b",
            "legacy": {"body": {"token": f"x{n}-one", "state": "PAID", "total": "1.00"}},
            "candidate": {"body": {"token": f"y{n}-two", "state": "paid", "total": f"1.0{n}"}},
        }
        for n in range(6)
    ]
    file = home / "pairs.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def test_two_sides_in_pairs_need_no_ledger(pairs: Path, strangler: Strangler) -> None:
    said = strangler("rules", "suggest", "--pairs", str(pairs), "--json").json
    assert [(each["kind"], each["location"]) for each in said["proposals"]] == [("text", "$.state")]
    assert (said["compared"], said["failed"], said["unread"]) == (6, 0, 0)
    assert "+++ rules.yaml" in said["patch"]
    assert not Path("rules.yaml").exists()
    assert strangler("rules", "suggest", "--pairs", str(pairs), "--write").code == 2


def test_two_answers_of_one_version_are_noise(pairs: Path, strangler: Strangler) -> None:
    ran = strangler("rules", "suggest", "--pairs", str(pairs), "--twins", "--rules", "noise.yaml", "--write")
    assert ran.code == 0, ran.err
    rules, _ = parse_rules(Path("noise.yaml").read_text(), Path("noise.yaml"))
    assert {(type(rule).__name__, rule.reason) for rule in rules} == {
        ("Ignore", "differs from itself: 6 of 6 asked twice"),
        ("TextRule", "differs from itself: 6 of 6 asked twice"),
    }
    again = strangler("rules", "suggest", "--pairs", str(pairs), "--twins", "--rules", "noise.yaml")
    assert "nothing is proposed" in again.out
    ran = strangler("compare", "--pairs", str(pairs), "--rules", "noise.yaml", "--format", "json")
    assert {each["place"] for each in ran.json["divergences"]} == {"$.total"}


RULES_FILES = {
    "a list": "# mine\n- ignore: $.a   # a\n",
    "a mapping": "rules:   # mine\n  - ignore: $.a\n",
    "in flow": "[{ignore: $.a}]   # mine\n",
    "a whole one": 'version: 1   # mine\nlegacy: {url: "http://a"}\ncandidate: {url: "http://b"}\n',
    "none yet": "# mine\n",
}


@pytest.mark.parametrize("text", RULES_FILES.values(), ids=RULES_FILES)
def test_a_file_of_rules_keeps_its_layout(text: str, pairs: Path, strangler: Strangler) -> None:
    file = Path("own.yaml")
    file.write_text(text)
    options = ("--pairs", str(pairs), "--rules", "own.yaml", "--route", "GET /a")
    ran = strangler("rules", "suggest", *options, "--write")
    assert ran.code == 0, ran.err
    written = file.read_text()
    assert "# mine" in written
    rules, _ = parse_rules(written, file)
    assert rules[-1].reason == "the same but for upper and lower case: 3 of 3 compared"
    assert len(rules) == text.count("$.a") + 1


def test_pairs_that_cannot_be_compared(home: Path, strangler: Strangler) -> None:
    (home / "pairs.jsonl").write_text('{"legacy": 1}\n', encoding="utf-8")
    assert strangler("rules", "suggest", "--pairs", "pairs.jsonl").code == 2
    (home / "pairs.jsonl").write_text(
        'nonsense\n{"legacy": {"body": {}}, "candidate": {"status": 500}}\n', encoding="utf-8"
    )
    ran = strangler("rules", "suggest", "--pairs", "pairs.jsonl")
    assert ran.code == 0
    assert "1 pair failed to compare" in ran.out
    assert "pairs.jsonl:1" in ran.out
    (home / "own.yaml").write_text("- forget: $.a\n")
    ran = strangler("rules", "suggest", "--pairs", "pairs.jsonl", "--rules", "own.yaml")
    assert (ran.code, "own.yaml:1" in ran.err) == (2, True)


# what they let pass --------------------------------------------------------------------------------------------------

RULES = """\
rules:
  - ignore: $.generated_at
    reason: the time of the answer
    owner: ann
    expires: 2020-01-31
  - decimal: [$.total, "$.lines[*].amount"]
    scale: 2
  - only: [$.total, $.lines, $.id]
  - rename: $.id
    to: $.number
"""


@pytest.fixture
def ruled(place: Place, strangler: Strangler) -> Place:
    """Four rules and a thousand comparisons; one of the rules let something pass."""
    place.file.write_text(place.file.read_text() + RULES)
    strangler("cutover", "start", "reads")
    judged = place.judged()
    first = Rules.of(place.loaded.config.rules).compiled[0]
    passed = Outcome("equal", silenced={first.digest: 3})
    place.write(*judged.equals(999), structs.replace(judged.equal(), outcome=passed))
    return place


def test_explain(ruled: Place, strangler: Strangler) -> None:
    line = ruled.file.read_text().splitlines().index("  - ignore: $.generated_at") + 1
    said = strangler("rules", "explain", "invoice", "--json").json
    assert (said["route"], said["cutover"]) == ("invoice", "reads")
    assert [each["kind"] for each in said["rules"]] == ["only", "rename", "ignore", "decimal"]
    first = said["rules"][2]
    assert (first["file"], first["line"], first["reason"], first["owner"]) == (
        "strangler.yaml",
        line,
        "the time of the answer",
        "ann",
    )
    assert (first["expires"], first["expired"], first["idle"]) == ("2020-01-31", True, False)
    assert first["epoch"]["invoice"] == first["ever"]["invoice"] == {"compared": 1000, "silenced": 3}
    assert first["last_at"] == "2027-01-15T08:00:00Z"
    assert [each["idle"] for each in said["rules"]] == [False, True, False, True]
    assert said["rules"][3]["locations"] == ["$.total", "$.lines[*].amount"]
    out = strangler("rules", "explain", "invoice").out
    assert f"strangler.yaml:{line}" in out
    assert "2020-01-31, expired" in out
    assert "1,000 comparisons in the present epoch, 1,000 in all" in out
    assert (
        f"line {line + 7}: in 1,000 comparisons `rename: $.id` let nothing pass; is it still needed?" in out
    )
    assert "let nothing pass; it still says that money stands there" in out
    assert "`ignore: $.generated_at` let nothing pass" not in out


def test_explain_a_route_without_rules_or_cutover(place: Place, strangler: Strangler) -> None:
    assert "nothing may differ" in strangler("rules", "explain", "invoice").out
    place.file.write_text(place.file.read_text() + RULES)
    assert "in no cutover" in strangler("rules", "explain", "pay").out
    assert strangler("rules", "explain", "pay", "--json").json["cutover"] == ""
    assert strangler("rules", "explain", "paid").code == 2


def test_idle_rules_are_said_by_status_and_check(ruled: Place, strangler: Strangler) -> None:
    out = strangler("status").out
    assert "in 1,000 comparisons `rename: $.id` let nothing pass; is it still needed?" in out
    idle = strangler("status", "--json").json["idle_rules"]
    assert [(each["kind"], each["compared"]) for each in idle] == [("decimal", 1000), ("rename", 1000)]
    out = strangler("check").out
    assert "`rename: $.id` let nothing pass" in out
    assert "`ignore: $.generated_at` let nothing pass" not in out


# expiry --------------------------------------------------------------------------------------------------------------

OPTIONS: dict[str, dict[str, object]] = {
    "map": {"values": {"a": "b"}},
    "rename": {"to": "$.there"},
    "default": {"value": 0},
    "text": {"case": "fold"},
    "pattern": {"matches": "[a-z]"},
    "call": {"function": "acme.same"},
}


def test_a_rule_of_any_kind_blocks_with_its_line_once_it_has_expired(
    place: Place,
    strangler: Strangler,
    tmp_path: Path,
    unpacked: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = (
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "acme-same"\nversion = "1"\n'
        '[project.entry-points."strangler.rules"]\n"acme.same" = "acme_same:same"\n'
    )
    source = "def same(legacy, candidate):\n    return False\n"
    monkeypatch.syspath_prepend(str(unpacked(tmp_path / "acme", project, "acme_same", source)))
    last_day = datetime.fromtimestamp(place.now_ns // 1_000_000_000, UTC).date()
    rules = [{kind: f"$.{kind}", **OPTIONS.get(kind, {}), "expires": last_day} for kind in KINDS]
    head = place.file.read_text()
    text = head + "rules:\n" + "".join(f"  - {flow(rule)}\n" for rule in rules)
    place.file.write_text(text)
    strangler("cutover", "start", "reads")
    place.write(*place.judged().equals(3))
    lines = {kind: len(head.splitlines()) + 2 + number for number, kind in enumerate(KINDS)}

    def blocking() -> dict[str, int]:
        reasons = strangler("gate", "reads", "--format", "json").json["reasons"]
        expired = (each for each in reasons if each["code"] == "expired-rule")
        return {each["measured"].split("`")[1].partition(":")[0]: each["line"] for each in expired}

    assert blocking() == {}, "the last day still counts"
    place.file.write_text(text.replace(last_day.isoformat(), (last_day - timedelta(days=1)).isoformat()))
    assert blocking() == lines
    assert strangler("gate", "reads").code == 1
    sys.modules.pop("acme_same", None)
