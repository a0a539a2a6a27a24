"""A file that cannot be used is refused with file, line, value and what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from strangler.config import load, parse
from strangler.errors import ConfigError, UsageError

from .samples import SMALL, WHOLE

type Refused = Callable[[str], str]

DECODE = "routes: {a: {match: GET /x, decode: "
CASES = [
    # what is added to a small good file; the line that is named; words that must be said
    ("routse: {}", 4, ["unknown key `routse`", "did you mean `routes`?"]),
    ("policy: {tolerate: {rate: 200%}}", 4, ["policy.tolerate.rate", "'200%'", "between 0 and 1"]),
    ("policy: {tolerate: {rate: .nan}}", 4, ["a share lies between"]),
    ("policy: {freshness: 10}", 4, ["needs its unit", "10s", "it says 10"]),
    ("policy: {freshness: 99999999d}", 4, ["at most ten years"]),
    ("capture: {body_limit: 1MB}", 4, ["64KiB", "'1MB'"]),
    ("capture: {body_limit: -1}", 4, ["not a size"]),
    ("serve: {control: 0.0.0.0:8601}", 4, ["this machine only", "0.0.0.0:8601"]),
    ("serve: {listen: nowhere}", 4, ["127.0.0.1:8600"]),
    ("serve: {listen: 127.0.0.1:8601}", 4, ["same address"]),
    ("ledger: mysql://x", 4, ["sqlite:///FILE or postgresql://"]),
    ("routes: {Bad Name: GET /x}", 4, ["`Bad Name` cannot be a name", "lower-case"]),
    ("routes: {a: /x}", 4, ["a method and a path"]),
    ("routes: {a: get /x}", 4, ["capitals: GET"]),
    ("routes: {a: {match: {path: x}}}", 4, ["a path starts with /", "'x'"]),
    ("routes: {a: {match: {path: '/x/{id}/{id}'}}}", 4, ["stands twice"]),
    ("routes: {a: {}}", 4, ["`match` is missing"]),
    ("routes: {a: GET /x, b: GET /x}", 4, ["matches exactly what route `a`"]),
    ("routes: {a: {match: [GET /x]}}", 4, ["routes.a.match", "should be a mapping"]),
    ("routes: {a: {match: GET}}", 4, ["routes.a.match", "a method and a path"]),
    (DECODE + "jsn}}", 4, ["routes.a.decode", "one of json, xml, csv", "'jsn'"]),
    (DECODE + "fixed}}", 4, ["or `csv:` or `fixed:` with their columns"]),
    (DECODE + "{json: {}}}}", 4, ["unknown key `json`", "known here: csv, fixed, format"]),
    (DECODE + "{}}}", 4, ["exactly one of `format`, `csv`, `fixed`"]),
    (DECODE + "{csv: {}, format: json}}}", 4, ["exactly one of"]),
    (DECODE + "{csv: {delimiter: ab}}}}", 4, ["not one character"]),
    (DECODE + "{csv: {columns: [a]}}}}", 4, ["decode.csv.columns", "`header: false`"]),
    (DECODE + "{csv: {header: false, columns: [a, a]}}}}", 4, ["`a` stands twice"]),
    (DECODE + "{csv: {header: false, columns: [a, b], key: c}}}}", 4, ["no column `c`", "a, b"]),
    (DECODE + "{csv: {charset: utf-9}}}}", 4, ["unknown charset 'utf-9'"]),
    (DECODE + "{csv: {charset: rot13}}}}", 4, ["not a charset of texts"]),
    (DECODE + "{fixed: {}}}}", 4, ["`columns` is missing"]),
    (DECODE + "{fixed: {columns: {}}}}}", 4, ["at least 1"]),
    (DECODE + "{fixed: {columns: {a: 1-3, b: 3-5}}}}}", 4, ["`a` and `b` lie over each other", "1-3, 3-5"]),
    (DECODE + "{fixed: {columns: {a: 3-2}}}}}", 4, ["decode.fixed.columns.a", "has one at least"]),
    (DECODE + "{fixed: {columns: {a: 0-2}}}}}", 4, ["counted from 1"]),
    (DECODE + "{fixed: {columns: {a: 1..2}}}}}", 4, ["such as 3-12", "'1..2'"]),
    (DECODE + "{fixed: {columns: {'#1': 1-2}}}}}", 4, ["`#1`"]),
    (DECODE + "{fixed: {columns: {a: 1-2}, key: [a, b]}}}}", 4, ["no column `b`"]),
    (
        "routes:\n  a:\n    match: GET /x\n    decode:\n     fixed:\n      columns:\n       a: 1-2\n       b: x",
        11,
        ["decode.fixed.columns.b"],
    ),
    ("routes: {a: {match: {path: /x}, mirror_writes: true}}", 4, ["writes cannot be mirrored yet"]),
    ("routes: {a: {match: {path: /x}, identity: {path: id}}}", 4, ["has no variable `id`"]),
    ("routes: {a: {match: {path: /x}, identity: {header: a, cookie: b}}}", 4, ["exactly one of"]),
    ("strata: {country: {path: land}}", 4, ["no route's path has a variable `land`"]),
    ("rules: [{ingore: $.a}]", 4, ["unknown kind of rule `ingore`", "did you mean `ignore`?"]),
    ("rules: [{ignore: $.a, only: $.b}]", 4, ["`ignore` and `only`", "two rules"]),
    ("rules: [{reason: x}]", 4, ["needs its kind"]),
    ("rules: [3]", 4, ["a rule is a mapping", "it says 3"]),
    ("rules: [{ignore: $.a, ressson: x}]", 4, ["rules[0].ressson", "did you mean `reason`?"]),
    ("rules: [{map: $.a, valuse: {a: b}, values: {a: b}}]", 4, ["unknown key `valuse`", "`values`?"]),
    ("rules: [{ignore: $.a, by: id}]", 4, ["unknown key `by`", "known here: expires, ignore, owner, reason"]),
    ("rules: [{ignore: 'a.b'}]", 4, ["not an RFC 9535 JSONPath", "'a.b'"]),
    ("rules: [{ignore: [$.a, '$.b[']}]", 4, ["rules[0].ignore[1]"]),
    ("rules: [{ignore: 'header:'}]", 4, ["cannot be the name of a header"]),
    ("rules: [{instant: $.a, zone: Mars/Phobos}]", 4, ["no IANA time zone", "Mars/Phobos"]),
    ("rules: [{instant: $.a, format: dd.mm.yyyy}]", 4, ["not a format", "%d.%m.%Y"]),
    ("rules: [{rename: '$.a[*]', to: $.b}]", 4, ["the same number of wildcards"]),
    ("rules: [{default: $.a, value: 2026-01-31}]", 4, ["as a date", 'quote it: "2026-01-31"']),
    ("rules: [{default: $.a, value: {b: [2026-01-31]}}]", 4, ["as a date", 'quote it: "2026-01-31"']),
    ("rules: [{default: $.a, value: 2026-01-31T10:00:00Z}]", 4, ["as a date", 'quote it: "2026-01-31T10:00']),
    ("rules: [{call: $.a, function: x.y}]", 4, ["no installed distribution offers a function 'x.y'"]),
    ('rules: [{ignore: "$.\\ud800"}]', 4, ["half of a character", "write the whole one"]),
    (f"rules: [{{default: $.a, value: {'7' * 6000}}}]", 4, ["a number of 6,000 digits", "put quotes around"]),
    ("rules: [{call: $.a}]", 4, ["`function` is missing"]),
    ("rules: [{pattern: $.a, matches: '['}]", 4, ["not a regular expression", "unterminated"]),
    ("rules: [{pattern: $.a, matches: '(a+)+'}]", 4, ["forever", "bound its repeats"]),
    ("rules: [{text: $.a}]", 4, ["needs `whitespace`, `case` or `unicode`"]),
    ("rules: [{default: status, value: 1}]", 4, ["the status is never absent"]),
    ("rules: [{ignore: $.a, expires: 2030-02-30}]", 0, ["day"]),
    ("rules:", 4, ["rules", "has nothing under it"]),
    ("cutovers: {c: {routes: [nope]}}", 4, ["there is no route `nope`"]),
    ("routes: {pay: POST /x}\ncutovers: {c: {routes: [pay]}}", 5, ["`pay` may write", "state: shared"]),
    (
        "routes: {a: GET /x}\ncutovers: {c: {routes: a}, d: {routes: a}}",
        5,
        ["already belongs to cutover `c`"],
    ),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, requires: b}}", 5, ["there is no cutover `b`"]),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, requires: c}}", 5, ["wait for each other"]),
    (
        "routes: {a: GET /x, b: GET /y}\ncutovers: {c: {routes: a, requires: d}, d: {routes: b, requires: c}}",
        5,
        ["`c` and `d` wait for each other"],
    ),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, steps: [5, 5]}}", 5, ["each is larger"]),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, steps: [0]}}", 5, ["greater than 0"]),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, steps: [ten]}}", 5, ["not a weight"]),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, state: mirrored}}", 5, ["durable outbox"]),
    ("routes: {a: GET /x}\ncutovers: {c: {routes: a, state: 7}}", 5, ["`state` is `shared`, `read-only`"]),
    (
        "routes: {a: GET /x}\ncutovers: {c: {routes: a, state: {synced: {lagg: 1}}}}",
        5,
        ["did you mean `lag`?"],
    ),
]


@pytest.mark.parametrize(("added", "line", "words"), CASES, ids=[case[0][:50] for case in CASES])
def test_words_for_what_is_wrong(added: str, line: int, words: list[str], refused: Refused) -> None:
    said = refused(f"{SMALL}{added}\n")
    place = f"strangler.yaml:{line}:" if line else "strangler.yaml:"
    assert said.startswith(place), said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("legacy", "words"),
    [
        ("ftp://x", "a base URL looks like"),
        ("http://user:secret@x", "no password in a URL"),
        ("http://x:99999", "ort"),
        ("http://x?y", "neither query nor fragment"),
        ("'http://${HOST}/'", "not filled in here"),
        ("'http://x y'", "a base URL looks like"),
        ("'http://[::1'", "legacy.url"),
    ],
)
def test_urls(legacy: str, words: str, refused: Refused) -> None:
    said = refused(SMALL.replace('"http://127.0.0.1:1"', legacy))
    assert "strangler.yaml:2: legacy.url" in said
    assert words in said


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ("yes", "`auth` is `pass` or"),
        ("{replace: {}}", "at least 1"),
        ("{replace: {Host: x}}", "strangler's own to set"),
        ('{replace: {"a b": x}}', "cannot be the name of a header"),
        ('{replace: {X: "a\\r\\nY: b"}}', "no line breaks"),
    ],
)
def test_credentials(auth: str, words: str, refused: Refused) -> None:
    said = refused(SMALL.replace('127.0.0.1:2"', f'127.0.0.1:2", auth: {auth}'))
    assert words in said
    assert "strangler.yaml:3: candidate.auth" in said


def test_several_problems_at_once_each_with_its_line(refused: Refused) -> None:
    said = refused("version: 2\nlegacy: {}\ncandidate:\n  url: http://b\n  tmieout: 3s\nroutes: 4\n")
    lines = [line for line in said.splitlines() if line.startswith("strangler.yaml")]
    assert [line.split(": ")[0] for line in lines] == [f"strangler.yaml:{n}" for n in (1, 2, 5, 6)]
    assert "did you mean `timeout`?" in said


def test_what_is_missing_has_the_line_of_its_parent(refused: Refused) -> None:
    said = refused("version: 1\nlegacy:\n  timeout: 3s\ncandidate: {url: http://b}\n")
    assert said.startswith("strangler.yaml:2: legacy.url: `url` is missing")


def test_no_file_is_usage_and_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="strangler init") as caught:
        load(tmp_path / "strangler.yaml")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \xc3\x28"])
def test_not_text_is_usage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(UsageError, match="not UTF-8"):
        load(tmp_path / "x.yaml")


def test_a_folder_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert load(tmp_path / "x.yaml").config.routes["invoice"].deadline == 2000


def test_a_secret_in_the_file_is_not_repeated_where_it_may_stand() -> None:
    text = SMALL.replace('127.0.0.1:2"', '127.0.0.1:2", auth: {replace: {Authorization: "s3cr3t", te: "x"}}')
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("x"))
    assert "s3cr3t" not in str(caught.value)
