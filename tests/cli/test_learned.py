"""What was learned over many pairs: shown, and accepted as its own rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strangler.comparison.context import Context
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.learning.sight import Sight, learned
from strangler.comparison.model import Node
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.comparison.values import canonical
from strangler.ledger.settled import Settled, finding
from strangler.redaction import Redactor
from strangler.testing.judged import Judged
from strangler.testing.samples import answer

from .conftest import Place, Strangler

REDACTOR = Redactor(b"k" * 32)


def settled(judged: Judged, left: Node, right: Node) -> Settled:
    ours, theirs = answer(canonical(left)), answer(canonical(right))
    found = compare(ours, theirs).differences
    marks = {fingerprint("invoice", each).digest: each for each in found}
    return judged.different(
        findings=tuple(finding((each,), digest, 1, REDACTOR) for digest, each in marks.items()),
        learned=learned(Sight("invoice", ours, theirs, found, found, Rules(), Context())),
    )


@pytest.fixture
def taught(place: Place, strangler: Strangler) -> Place:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    names = {"OPEN": "open", "P": "settled"}
    pairs: list[tuple[Node, Node]] = [
        (
            {"status": status, "total": n, "currency": "EUR"},
            {"status": names[status], "sum": n, "currency": "EUR"},
        )
        for n, status in enumerate(["OPEN", "P"] * 6, 10)
    ]
    place.write(*(settled(judged, left, right) for left, right in pairs))
    return place


@pytest.mark.usefixtures("taught")
def test_they_are_listed_as_one_each_with_their_rules(strangler: Strangler) -> None:
    found = {each["cause"]: each for each in strangler("divergences", "list", "--json").json["divergences"]}
    assert {cause: (each["count"], len(each["merged"])) for cause, each in found.items()} == {
        "enum-renamed": (12, 1),
        "field-renamed": (12, 1),
    }
    (rule,) = found["enum-renamed"]["rules"]
    assert rule["values"] == {"OPEN": "open", "P": "settled"}
    assert found["field-renamed"]["severity"] == "money"
    shown = strangler("divergences", "show", found["field-renamed"]["id"]).out
    assert "cause      field-renamed: on the candidate it is $.sum" in shown
    assert "  - rename: $.total\n    to: $.sum\n" in shown
    part = strangler("divergences", "show", found["field-renamed"]["merged"][0]).out
    assert f"part of    {found['field-renamed']['id']}" in part


def test_accepting_one_writes_its_rule_and_takes_its_parts_along(taught: Place, strangler: Strangler) -> None:
    before = {each["cause"]: each for each in strangler("divergences", "list", "--json").json["divergences"]}
    root, part = before["field-renamed"]["id"], before["field-renamed"]["merged"][0]
    ran = strangler("divergences", "accept", part, "--reason", "agreed with Ann", "--yes")
    assert ran.code == 0
    written = (taught.folder / "strangler.yaml").read_text()
    assert "- rename: $.total\n" in written
    assert "to: $.sum\n" in written
    assert "reason: agreed with Ann" in written
    states = {
        each: strangler("divergences", "show", each, "--json").json["state"]
        for each in (root, part, before["enum-renamed"]["id"])
    }
    assert states == {root: "accepted", part: "accepted", before["enum-renamed"]["id"]: "open"}


def test_another_rule_may_be_said_and_lets_its_part_alone_pass(taught: Place, strangler: Strangler) -> None:
    found = {each["cause"]: each for each in strangler("divergences", "list", "--json").json["divergences"]}
    one = found["enum-renamed"]
    arguments = ("--reason", "no matter", "--kind", "text", "--option", "case=fold", "--yes")
    assert strangler("divergences", "accept", one["id"], *arguments).code == 0
    assert "- text: $.status\n" in (taught.folder / "strangler.yaml").read_text()
    states = [
        strangler("divergences", "show", each, "--json").json["state"] for each in (one["id"], *one["merged"])
    ]
    assert states == ["accepted", "open"]


def test_suggest_proposes_them(taught: Place, strangler: Strangler) -> None:
    found = strangler("rules", "suggest", "--json").json["proposals"]
    assert {each["kind"]: each["rule"]["reason"] for each in found} == {
        "map": "the same values under other names: 12 of 12 compared",
        "rename": "the same field under another name: 12 of 12 compared",
    }
    assert strangler("rules", "suggest", "--write", "--yes").code == 0
    written = (taught.folder / "strangler.yaml").read_text()
    assert "values: {OPEN: open, P: settled}" in written
    states = {each["state"] for each in strangler("divergences", "list", "--json").json["divergences"]}
    assert states == {"accepted"}


def test_suggest_learns_from_pairs_too_and_its_rules_let_them_pass(home: Path, strangler: Strangler) -> None:
    names = {"OPEN": "open", "P": "settled"}
    pairs = [
        {
            "route": f"r{n % 2}",
            "legacy": {"body": {"status": status, "total": n, "currency": "EUR"}},
            "candidate": {"body": {"status": names[status], "sum": n, "currency": "EUR"}},
        }
        for n, status in enumerate(["OPEN", "P"] * 6, 10)
    ]
    (home / "p").write_text("".join(json.dumps(each) + "\n" for each in pairs))
    ran = strangler("rules", "suggest", "--pairs", "p", "--rules", "r.yaml", "--json")
    assert {each["kind"] for each in ran.json["proposals"]} == {"map", "rename"}
    assert strangler("rules", "suggest", "--pairs", "p", "--rules", "r.yaml", "--write", "--yes").code == 0
    assert strangler("compare", "--pairs", "p", "--rules", "r.yaml").code == 0
    twins = strangler("rules", "suggest", "--pairs", "p", "--twins", "--json").json["proposals"]
    assert not {"map", "rename"} & {each["kind"] for each in twins}
    wrong = {**pairs[0], "candidate": {"body": {"status": "OPEN", "sum": 11, "currency": "EUR"}}}
    (home / "p").write_text("".join(json.dumps(each) + "\n" for each in [*pairs, wrong]))
    ran = strangler("rules", "suggest", "--pairs", "p", "--json")
    assert not {"map", "rename"} & {each["kind"] for each in ran.json["proposals"]}
