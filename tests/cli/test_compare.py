"""`strangler compare`: exit codes, both forms, rules, media types."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from .conftest import Strangler

A = '{"total": 10.00, "currency": "EUR", "lines": [1, 2], "at": "2026-01-01T00:00:00Z"}'
B = '{"total": 10.01, "currency": "EUR", "lines": [2, 1], "at": "2026-01-01T00:00:05Z"}'


@pytest.fixture
def files(home: Path) -> Path:
    (home / "a.json").write_text(A)
    (home / "b.json").write_text(B)
    return home


def test_equal_different_and_neither(files: Path, strangler: Strangler) -> None:
    (files / "c.json").write_text(json.dumps(json.loads(A), indent=3))
    assert strangler("compare", "a.json", "c.json").code == 0
    ran = strangler("compare", "a.json", "b.json")
    assert ran.code == 1
    assert ran.out.startswith("different in 3 places\n")
    for text in ("$.total", "10.00", "10.01", "+0.01 EUR", "rounding", "a.json", "b.json"):
        assert text in ran.out
    (files / "broken.json").write_text('{"a": ')
    ran = strangler("compare", "a.json", "broken.json")
    assert (ran.code, "cannot be compared" in ran.out) == (2, True)


def test_json_has_every_difference_and_no_float(files: Path, strangler: Strangler) -> None:
    found = strangler("compare", "a.json", "b.json", "--format", "json").json
    assert found["verdict"] == "different"
    total = next(each for each in found["differences"] if each["place"] == "$.total")
    assert (total["legacy"], total["candidate"], total["drift"], total["currency"]) == (
        "10.00",
        "10.01",
        "0.01",
        "EUR",
    )


def test_rules_let_pass_what_may_differ(files: Path, strangler: Strangler) -> None:
    rules = files / "rules.yaml"
    rules.write_text("- ignore: $.at\n- {unordered: $.lines}\n- {decimal: $.total, tolerance: 1}\n")
    ran = strangler("compare", "a.json", "b.json", "--rules", "rules.yaml")
    assert ran.code == 0, ran.out
    assert "3 differences let pass by rules" in ran.out
    rules.write_text("rules:\n  - ignroe: $.at\n")
    ran = strangler("compare", "a.json", "b.json", "--rules", "rules.yaml")
    assert ran.code == 2
    assert "rules.yaml:2" in ran.err
    assert "did you mean `ignore`?" in ran.err


def test_standard_input(files: Path, strangler: Strangler) -> None:
    assert strangler("compare", "-", "a.json", stdin=A.encode()).code == 0
    assert strangler("compare", "a.json", "-", stdin=B.encode()).code == 1
    assert strangler("compare", "-", "-", stdin=b"").code == 2


def test_the_media_type_decides_how_it_is_read(home: Path, strangler: Strangler) -> None:
    (home / "a.csv").write_text("id,amount\n1,10.00\n2,5.00\n")
    (home / "b.csv").write_text("id,amount\n1,10.00\n2,5.01\n")
    found = strangler("compare", "a.csv", "b.csv", "--format", "json").json
    assert [each["place"] for each in found["differences"]] == ["$[1].amount"]
    (home / "a").write_text("<i xmlns='urn:x'><amount>1</amount></i>")
    (home / "b").write_text("<i xmlns='urn:x'><amount>2</amount></i>")
    found = strangler("compare", "a", "b", "--media", "application/xml", "--format", "json").json
    assert "amount" in found["differences"][0]["place"]


def test_files_that_are_not_there(home: Path, strangler: Strangler) -> None:
    ran = strangler("compare", "a.json", "b.json")
    assert (ran.code, ran.out) == (2, "")
    assert "a.json: cannot be read: No such file" in ran.err
    assert strangler("compare", "a.json").code == 2
    assert strangler("compare", str(home), str(home)).code == 2


def test_what_does_not_end_is_not_read_to_its_end(home: Path, strangler: Strangler) -> None:
    (home / "b.json").write_text("{}")
    ran = strangler("compare", "/dev/zero", "b.json")
    assert (ran.code, ran.err.strip()) == (2, "strangler: /dev/zero: is over 256 MiB")


def test_the_name_of_a_file_drives_no_terminal(home: Path, strangler: Strangler) -> None:
    for name, text in (("a\x1b[31m[red].json", '{"a": 1}'), ("b.json", '{"a": 2}')):
        (home / name).write_text(text)
    ran = strangler("compare", "a\x1b[31m[red].json", "b.json")
    assert (ran.code, "\x1b" in ran.out) == (1, False)
    assert "a\\x1b[31m[red].json" in ran.out


def test_values_cannot_drive_the_terminal(home: Path, strangler: Strangler) -> None:
    (home / "a.json").write_text(json.dumps({"x": "\x1b]0;owned\x07"}))
    (home / "b.json").write_text(json.dumps({"x": "\u202e"}, ensure_ascii=False))
    ran = strangler("compare", "a.json", "b.json")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_both_stand_side_by_side_with_what_differs_in_brackets(files: Path, strangler: Strangler) -> None:
    out = strangler("compare", "a.json", "b.json").out
    line = next(line for line in out.splitlines() if "[-10.00-]" in line)
    assert line.split() == ['"total":', "[-10.00-]", ">>", '"total":', "{+10.01+}"]
    (files / "rules.yaml").write_text("- ignore: $.at\n- {unordered: $.lines}\n")
    out = strangler("compare", "a.json", "b.json", "--rules", "rules.yaml").out
    assert next(line for line in out.splitlines() if '"at"' in line).split()[2] == "|"
    assert sum(" >> " in line for line in out.splitlines()) == 1
    whole = strangler("compare", "a.json", "b.json", "--full").out
    assert '"currency": "EUR"' in whole
    (files / "a.xml").write_text("<i><a>1</a><b>2</b></i>")
    (files / "b.xml").write_text("<i><a>1</a><b>3</b></i>")
    assert "<b>[-2-]</b>" in strangler("compare", "a.xml", "b.xml").out


def test_markdown_is_a_table_whatever_the_values_are(home: Path, strangler: Strangler) -> None:
    (home / "a.json").write_text(json.dumps({"x|y": "a`b|c\nd", "n": 1}))
    (home / "b.json").write_text(json.dumps({"x|y": "*", "n": 1}))
    ran = strangler("compare", "a.json", "b.json", "--format", "markdown")
    assert ran.code == 1
    head, empty, *table = ran.out.splitlines()
    assert (head, empty) == ("**different** in 1 place", "")
    assert table[0] == "| where | a.json | b.json | why |"
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in table] == [5, 5, 5]


def test_a_packed_file_is_read_as_what_it_holds(files: Path, strangler: Strangler) -> None:
    (files / "c.json.gz").write_bytes(gzip.compress(A.encode()))
    assert strangler("compare", "a.json", "c.json.gz").code == 0
    assert "$.total" in strangler("compare", "c.json.gz", "b.json").out


def test_columns_without_a_header_are_said(home: Path, strangler: Strangler) -> None:
    (home / "decode.yaml").write_text("csv: {header: false, columns: [account, amount], key: account}")
    (home / "a.txt").write_text("1001,5.00\n1002,7.00\n")
    (home / "b.txt").write_text("1002,7.01\n1001,5.00\n")
    (home / "rules.yaml").write_text("- unordered: $\n")
    arguments = ("compare", "a.txt", "b.txt", "--format", "json", "--rules", "rules.yaml")
    assert [each["place"] for each in strangler(*arguments).json["differences"]] == ["$"]
    found = strangler(*arguments, "--decode", "decode.yaml").json
    assert [(each["place"], each["where"]) for each in found["differences"]] == [("$[1].amount", "row 2")]
    (home / "pairs.jsonl").write_text('{"legacy": "1001,5.00", "candidate": "1001,5.01"}\n')
    ran = strangler(
        "compare", "--pairs", "pairs.jsonl", "--bare", "--decode", "decode.yaml", "--format", "json"
    )
    assert [each["place"] for each in ran.json["divergences"]] == ["$[*].amount"]


def test_a_format_that_is_none_is_refused(files: Path, strangler: Strangler) -> None:
    ran = strangler("compare", "a.json", "b.json", "--decode", "jsn")
    assert ran.code == 2
    assert "--decode" in ran.err
    assert "one of json, xml" in ran.err
    (files / "decode.yaml").write_text("fixed:\n  columns:\n    a: 1-3\n    b: x\n")
    ran = strangler("compare", "a.json", "b.json", "--decode", "decode.yaml")
    assert (ran.code, "decode.yaml:4: fixed.columns.b" in ran.err) == (2, True)
