"""`strangler compare` over folders and JSON Lines: pairing, grouping, exit codes, what is no pair."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import tracemalloc
from pathlib import Path

import pytest

from .conftest import Strangler

STRIPE = Path(__file__).parents[3] / "shared" / "corpus" / "stripe-pairs" / "pairs.jsonl.gz"


def answer(body: object, status: int = 200, **headers: object) -> dict[str, object]:
    return {"status": status, "headers": headers, "body": body}


def pair(number: int, left: object, right: object, route: str = "GET /invoices/{id}") -> dict[str, object]:
    return {"id": f"invoice-{number}", "route": route, "legacy": left, "candidate": right}


def lines(file: Path, *pairs: object) -> Path:
    file.write_text("".join(json.dumps(each) + "\n" for each in pairs))
    return file


def test_folders_are_paired_by_name(home: Path, strangler: Strangler) -> None:
    for side, total in (("left", "10.00"), ("right", "10.01")):
        (home / side / "2026").mkdir(parents=True)
        (home / side / "2026" / "7.json").write_text(f'{{"total": {total}, "currency": "EUR"}}')
        (home / side / "8.csv").write_text("id,n\n1,2\n")
    assert strangler("compare", "left", "left").code == 0
    (home / "left" / "9.json").write_text("{}")
    ran = strangler("compare", "left", "right")
    assert ran.code == 1
    assert "2 pairs: 1 equal, 1 different" in ran.out
    assert "2026/7.json: 10.00 against 10.01" in ran.out
    assert "+0.01 EUR" in ran.out
    assert "1 only with legacy, not with candidate: 9.json" in ran.out
    found = strangler("compare", "right", "left", "--format", "json").json
    assert found["only_candidate"] == {"count": 1, "names": ["9.json"]}
    (home / "empty").mkdir()
    assert strangler("compare", "empty", "empty").code == 2
    assert strangler("compare", "left", "left/9.json").code == 2


def test_one_bug_in_many_pairs_is_one_divergence(home: Path, strangler: Strangler) -> None:
    body = '{"currency": "EUR", "total": %s}'
    pairs = [
        pair(n, answer(body % f"{n}.10"), answer(body % f"{n}.1{int(n % 4 == 0)}")) for n in range(10, 50)
    ]
    lines(home / "pairs.jsonl", *pairs)
    ran = strangler("compare", "--pairs", "pairs.jsonl", "--format", "json")
    assert ran.code == 1
    (group,) = ran.json["divergences"]
    assert (ran.json["pairs"], ran.json["equal"], ran.json["different"]) == (40, 30, 10)
    assert (group["pairs"], group["place"], group["cause"], group["drift"]) == (
        10,
        "$.total",
        "rounding",
        {"EUR": "0.10"},
    )
    assert group["examples"][0] == {
        "pair": "invoice-12",
        "place": "$.total",
        "legacy": "12.10",
        "candidate": "12.11",
    }
    text = strangler("compare", "--pairs", "pairs.jsonl").out
    assert "40 pairs: 30 equal, 10 different" in text
    page = strangler("compare", "--pairs", "pairs.jsonl", "--format", "markdown").out
    assert "| 10 | GET /invoices/{id} | `$.total` |" in page


def test_an_answer_is_text_a_json_value_or_base64(home: Path, strangler: Strangler) -> None:
    spelt = '{"legacy": {"body": {"n": 1.10}}, "candidate": {"body": "{\\"n\\": 1.1}"}}\n'
    packed = json.dumps(
        {
            "legacy": {
                "headers": [["Content-Encoding", "gzip"], ["Content-Type", "application/json"]],
                "body_base64": base64.b64encode(gzip.compress(b'{"n": 1.1}')).decode(),
            },
            "candidate": {"headers": {"content-type": ["application/json"]}, "body": {"n": 1}},
        }
    )
    (home / "pairs.jsonl").write_text(spelt + packed)
    found = strangler("compare", "--pairs", "pairs.jsonl", "--format", "json").json
    assert (found["equal"], found["different"], found["failed"]) == (1, 1, {})
    (example,) = found["divergences"][0]["examples"]
    assert example == {"pair": "pairs.jsonl:2", "place": "$.n", "legacy": "1.1", "candidate": "1"}
    stdin = b'{"a": [1], "deep": {"b": [2]}}\n'
    arguments = ("--pairs", "-", "--bare", "--legacy-field", "a", "--candidate-field", "deep.b")
    assert "1 pair: 0 equal, 1 different" in strangler("compare", *arguments, stdin=stdin).out
    assert "1 different" in strangler("compare", *arguments, stdin=gzip.compress(stdin)).out


def test_status_and_headers_are_compared_and_the_media_type_can_be_said(
    home: Path, strangler: Strangler
) -> None:
    left, right = answer("id,n\n1,2\n", 200), answer("id,n\n1,3\n", 200)
    lines(home / "p", pair(1, left, right), pair(2, answer("", 404), answer("", 502)))
    found = strangler("compare", "--pairs", "p", "--media", "text/csv", "--format", "json")
    assert found.code == 1
    assert {each["place"] for each in found.json["divergences"]} == {"$[*].n", "status"}
    assert found.json["failed"] == {"server-error": 1}


def test_what_is_no_pair_is_told_with_its_line_and_leaves_with_2(home: Path, strangler: Strangler) -> None:
    good = json.dumps(pair(1, answer("{}"), answer("{}")))
    bad = ["{", "[]", '{"legacy": {"status": 200}}', '{"legacy": {"total": 1}, "candidate": {}}']
    bad += ['{"legacy": {"body_base64": "?"}, "candidate": {"body": ""}}']
    (home / "p").write_text("\n".join([good, *bad, "", good]))
    ran = strangler("compare", "--pairs", "p", "--format", "json")
    assert (ran.code, ran.json["pairs"], ran.json["equal"]) == (2, 2, 2)
    assert ran.json["unread"]["count"] == len(bad)
    assert [each["where"] for each in ran.json["unread"]["entries"]] == [f"p:{n}" for n in range(2, 7)]
    assert "has no member `candidate`" in ran.json["unread"]["entries"][2]["why"]
    text = strangler("compare", "--pairs", "p").out
    assert "p:5: `legacy` has neither `body` nor `status`; --bare takes it for the body itself" in text
    assert "5 entries not compared" in text
    (home / "cut").write_bytes(gzip.compress(good.encode() * 100)[:-20])
    assert strangler("compare", "--pairs", "cut").code == 2
    (home / "none").write_text("")
    assert strangler("compare", "--pairs", "none").code == 2
    assert strangler("compare", "--pairs", "absent").code == 2
    assert strangler("compare").code == 2
    assert strangler("compare", "a", "b", "--pairs", "p").code == 2


def test_ids_map_one_to_one_over_the_whole_run(home: Path, strangler: Strangler) -> None:
    (home / "rules.yaml").write_text("- identity: $.id\n")

    def ids(left: str, right: str) -> dict[str, object]:
        return pair(1, answer({"id": left}), answer({"id": right}))

    lines(home / "p", ids("a", "x"), ids("b", "y"), ids("a", "x"))
    assert strangler("compare", "--pairs", "p", "--rules", "rules.yaml").code == 0
    lines(home / "p", ids("a", "x"), ids("b", "y"), ids("a", "y"))
    found = strangler("compare", "--pairs", "p", "--rules", "rules.yaml", "--format", "json").json
    assert [(each["cause"], each["pairs"]) for each in found["divergences"]] == [("id", 1)]


def test_values_that_have_other_names_throughout_are_said_to_with_the_rule(
    home: Path, strangler: Strangler
) -> None:
    names = {"OPEN": "open", "P": "settled", "new": "new"}
    pairs = [
        pair(n, answer({"n": n, "status": status}), answer({"n": n, "status": names[status]}))
        for n, status in enumerate([*names] * 12)
    ]
    lines(home / "p", *pairs)
    ran = strangler("compare", "--pairs", "p", "--format", "json")
    (found,) = ran.json["divergences"]  # `OPEN` against `open` alone would be one of case
    assert (ran.code, found["cause"], found["detail"]) == (1, "enum-renamed", "OPEN is open, P is settled")
    assert (found["pairs"], found["differences"], len(found["merged"])) == (24, 24, 1)
    assert (found["kind"], found["severity"]) == ("changed", "major")
    (rule,) = found["rules"]
    assert {name: rule[name] for name in ("map", "values")} == {
        "map": "$.status",
        "values": {"OPEN": "open", "P": "settled"},
    }
    text = strangler("compare", "--pairs", "p").out
    assert "enum-renamed" in text
    (home / "rules.yaml").write_text(text[text.index("  - map:") :])
    assert strangler("compare", "--pairs", "p", "--rules", "rules.yaml").code == 0
    page = strangler("compare", "--pairs", "p", "--format", "markdown").out
    assert "| 24 | GET /invoices/{id} | `$.status` | enum-renamed: OPEN is open, P is settled |" in page
    assert "    - map: $.status\n      values: {OPEN: open, P: settled}\n" in page
    lines(home / "p", pair(1, answer({"status": "OPEN"}), answer({"status": "OPEN"})), *pairs)
    found = strangler("compare", "--pairs", "p", "--format", "json").json["divergences"]
    assert sorted((each["cause"], each["pairs"], each["rules"]) for each in found) == [
        ("case", 12, []),
        ("unexplained", 12, []),
    ]


def test_a_field_that_has_another_name_throughout_is_one_divergence_with_the_rule(
    home: Path, strangler: Strangler
) -> None:
    pairs = [
        pair(n, answer({"total": n, "currency": "EUR"}), answer({"sum_total": n, "currency": "EUR"}))
        for n in range(10, 20)
    ]
    lines(home / "p", *pairs)
    ran = strangler("compare", "--pairs", "p", "--format", "json")
    (found,) = ran.json["divergences"]
    assert (ran.code, found["cause"], found["place"]) == (1, "field-renamed", "$.total")
    assert (found["pairs"], found["differences"], len(found["merged"])) == (10, 20, 1)
    assert (found["kind"], found["severity"]) == ("missing", "money")
    assert found["rules"][0]["rename"] == "$.total"
    text = strangler("compare", "--pairs", "p").out
    (home / "rules.yaml").write_text(text[text.index("  - rename:") :])
    assert strangler("compare", "--pairs", "p", "--rules", "rules.yaml").code == 0
    page = strangler("compare", "--pairs", "p", "--format", "markdown").out
    assert (
        "| 10 | GET /invoices/{id} | `$.total` | field-renamed: on the candidate it is $.sum\\_total |"
        in page
    )
    assert "    - rename: $.total\n      to: $.sum_total\n" in page
    lines(home / "p", *pairs, pair(1, answer({"total": 4}), answer({"sum_total": 5})))
    found = strangler("compare", "--pairs", "p", "--format", "json").json["divergences"]
    assert sorted((each["kind"], each["merged"], each["rules"]) for each in found) == [
        ("extra", [], []),
        ("missing", [], []),
    ]


def test_sixty_times_the_pairs_take_the_same_memory(home: Path, strangler: Strangler) -> None:
    if sys.gettrace() is not None:
        pytest.skip("a tracer keeps what it sees")
    one = json.dumps(pair(1, answer({"note": "x" * 2_000, "n": 1}), answer({"note": "x" * 2_000, "n": 2})))
    peaks: list[int] = []
    for count in (10, 10, 600):  # the first loads what is needed
        (home / "p").write_text(f"{one}\n" * count)
        tracemalloc.start()
        assert f'"pairs": {count}' in strangler("compare", "--pairs", "p", "--format", "json").out
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 500_000, peaks


@pytest.mark.skipif(not STRIPE.is_file(), reason="no corpus beside the repository")
def test_pairs_that_others_recorded(strangler: Strangler) -> None:
    fields = ("--legacy-field", "old", "--candidate-field", "new", "--route-field", "endpoint")
    ran = strangler("compare", "--pairs", str(STRIPE), *fields, "--format", "json")
    assert (ran.json["pairs"], ran.json["failed"], ran.json["unread"]["count"]) == (556, {}, 0)
    assert {each["route"].split()[0] for each in ran.json["divergences"]} <= {"GET", "POST", "DELETE"}
