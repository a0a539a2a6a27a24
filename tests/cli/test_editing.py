"""A rule goes into the file and nothing else changes: layout, comments, order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from strangler.config import parse
from strangler.config.document import plain
from strangler.config.editing import with_rules
from strangler.config.rule_yaml import block, flow
from strangler.errors import ConfigError, UsageError
from strangler_cli.files import replace_text

FILE = Path("strangler.yaml")
HEAD = '# top\nversion: 1   # one\nlegacy: {url: "http://a"}\ncandidate: {url: "http://b"}\n'
RULE = {"ignore": "$.x", "reason": 'because: it\'s "so" # really'}

LAYOUTS = {
    "shorthand": "routes:\n  r: GET /x   # short\n  s: GET /y\n",
    "flow": "routes:\n  r: {match: {method: GET, path: /x}}   # flow\n",
    "flow with rules": "routes:\n  r: {match: {path: /x}, rules: [{ignore: $.a}]}\n",
    "everything in flow": "routes: {r: {match: {path: /x}}, s: GET /y}\n",
    "flow over lines": "routes: {\n  r: {match: {path: /x},\n    rules: [\n      {ignore: $.a},   # a\n    ]},\n}\n",
    "empty flow list": "routes:\n  r:\n    match: {path: /x}\n    rules: []\n    safe: true\n",
    "block": "routes:\n  r:\n    match: {path: /x}\n    # ends r\n\n  s: GET /y\n",
    "block with rules": "routes:\n  r:\n    rules:\n      - ignore: $.a   # a\n\n      # b\n    match: {path: /x}\n",
    "dashes at the key": "routes:\n  r:\n    match: {path: /x}\n    rules:\n    - ignore: $.a\n    safe: true\n",
    "wide": "routes:\n    r:\n        match:\n            path: /x\n"
    "        rules:\n            -   ignore: $.a\n                reason: b\n",
    "folded last": "routes:\n  r:\n    match: {path: /x}\n    rules:\n"
    "      - ignore: $.a\n        reason: >\n          long\n          words\n\n    safe: true\n",
    "no line break at the end": "routes:\n  r:\n    match: {path: /x}",
    "windows": "routes:\r\n  r:\r\n    match: {path: /x}\r\n  s: GET /y\r\n",
    "quoted keys": 'routes:\n  "r":\n    "match": {path: /x}\n',
}


def rules_of(text: str, route: str | None) -> list[dict[str, Any]]:
    tree = plain(YAML().load(text))
    owner = tree if route is None else tree["routes"][route]
    return list(owner["rules"])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("route", ["r", None])
def test_one_more_rule_and_nothing_less(layout: str, route: str | None) -> None:
    text = HEAD + layout
    if "\r\n" in layout:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    new = with_rules(text, FILE, [(RULE, route)]).after
    assert rules_of(new, route)[-1] == RULE
    parse(new, FILE)
    kept = [line for line in new.splitlines() if line in text.splitlines()]
    lost = [line for line in text.splitlines() if line not in kept]
    assert len(lost) <= 1, lost
    assert text.count("#") + 1 == new.count("#")
    assert new.endswith("\n")
    if "\r\n" in text:
        assert "\n" not in new.replace("\r\n", "")


def test_two_rules_of_two_routes_and_one_of_all() -> None:
    text = HEAD + LAYOUTS["shorthand"]
    new = with_rules(text, FILE, [(RULE, "r"), (RULE, "s"), (RULE, None), (RULE, "r")])
    assert [len(rules_of(new.after, name)) for name in ("r", "s", None)] == [2, 1, 1]
    assert len(parse(new.after, FILE).config.rules) == 1
    assert new.patch.startswith("--- strangler.yaml\n+++ strangler.yaml\n")
    assert new.before == text


def test_an_alias_is_not_changed_for_the_others() -> None:
    text = (
        f"{HEAD}routes:\n  r:\n    match: {{path: /x}}\n    rules: &common\n      - ignore: $.a\n"
        "  s:\n    match: {path: /y}\n    rules: *common\n"
    )
    new = with_rules(text, FILE, [(RULE, "s")]).after
    assert [len(rules_of(new, name)) for name in ("r", "s")] == [1, 2]
    assert "# top" in new
    assert "# one" in new


def test_what_is_no_rule_is_refused_in_its_own_words() -> None:
    with pytest.raises(ConfigError, match="unknown kind of rule `ingore`"):
        with_rules(HEAD + LAYOUTS["block"], FILE, [({"ingore": "$.a"}, "r")])


def test_a_document_with_an_end_mark() -> None:
    new = with_rules(HEAD + LAYOUTS["block"] + "...\n", FILE, [(RULE, None)]).after
    assert rules_of(new, None) == [RULE]


@settings(max_examples=25)
@given(
    reason=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    layout=st.sampled_from([LAYOUTS["block"], LAYOUTS["flow"], LAYOUTS["shorthand"]]),
)
def test_any_reason_comes_back_as_it_was(reason: str, layout: str) -> None:
    rule = {"ignore": "$['a b']", "reason": reason}
    try:
        new = with_rules(HEAD + layout, FILE, [(rule, "r")]).after
    except UsageError:
        assert not reason.isprintable()
        return
    assert rules_of(new, "r") == [rule]


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=20),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.sampled_from(
        [
            "yes",
            "no",
            "null",
            "~",
            "1",
            "1e3",
            "0x1",
            "2030-01-01",
            "- a",
            "a: b",
            "a #b",
            "",
            " a",
            "a ",
            "%",
            "@",
        ]
    ),
)


@given(
    value=st.one_of(
        VALUES,
        st.lists(VALUES, max_size=3),
        st.dictionaries(st.text("abc d", min_size=1), VALUES, max_size=3),
    )
)
def test_written_values_read_as_themselves(value: Any) -> None:
    yaml = YAML(typ="safe", pure=True)
    assert yaml.load("\n".join(block({"key": value, "last": "x"}, 4))) == [{"key": value, "last": "x"}]
    assert yaml.load(f"[{flow(value)}]") == [value]


def test_a_file_is_replaced_whole_and_keeps_its_mode_and_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    target.write_text("one")
    target.chmod(0o640)
    link.symlink_to(target)
    replace_text(link, "two")
    assert (target.read_text(), link.is_symlink(), target.stat().st_mode & 0o777) == ("two", True, 0o640)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link.yaml", "real.yaml"]


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        replace_text(tmp_path / "absent.yaml", "x")
    assert list(tmp_path.iterdir()) == []
