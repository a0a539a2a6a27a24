"""`call`: a function of an installed distribution says what is the same; what it does wrong is a difference."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from strangler.comparison.mirror import mirrored
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.config import parse
from strangler.config.rulesfile import parse_rules
from strangler.errors import ConfigError
from strangler.ledger.epochs import epoch_key
from strangler.testing.samples import answer

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-rules"
version = "1.2.0"
[project.entry-points."strangler.rules"]
"acme.tax-equal" = "acme_rules:tax_equal"
"acme.raises" = "acme_rules:raises"
"acme.exits" = "acme_rules:exits"
"acme.unsure" = "acme_rules:unsure"
"acme.changes" = "acme_rules:changes"
"acme.never" = "acme_rules:never"
"acme.missing" = "acme_rules:gone"
"acme.constant" = "acme_rules:LIMIT"
"""
SOURCE = """\
from __future__ import annotations

import sys
from decimal import Decimal

from strangler import Node

LIMIT = Decimal("0.02")


def tax_equal(legacy: Node, candidate: Node) -> bool:
    return abs(Decimal(str(legacy)) - Decimal(str(candidate))) <= LIMIT


def raises(legacy: Node, candidate: Node) -> bool:
    raise ValueError(f"{legacy} is secret")


def exits(legacy: Node, candidate: Node) -> bool:
    sys.exit(0)


def unsure(legacy: Node, candidate: Node) -> bool:
    return 1  # type: ignore


def changes(legacy: Node, candidate: Node) -> bool:
    candidate.clear()
    legacy.clear()
    return False


def never(legacy: Node, candidate: Node) -> bool:
    return False
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, unpacked: Callable[..., Path]) -> Path:
    """Where a real wheel was unpacked, as an installer does."""
    return unpacked(tmp_path_factory.mktemp("acme") / "source", PROJECT, "acme_rules", SOURCE)


@pytest.fixture(autouse=True)
def on_the_path(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(installed))
    yield
    sys.modules.pop("acme_rules", None)


def rule(function: str = "acme.tax-equal", place: str = "$.tax") -> dict[str, Any]:
    return {"call": place, "function": function}


def test_what_the_function_accepts_is_equal_and_counted() -> None:
    rules = Rules.parse([rule(place="$.lines[*].tax")])
    left = {"lines": [{"tax": Decimal("1.00")}, {"tax": "2.00"}]}
    right = {"lines": [{"tax": Decimal("1.02")}, {"tax": "2.01"}]}
    outcome = compare(left, right, rules)
    assert (outcome.verdict, outcome.silenced) == ("equal", {rules.compiled[0].digest: 2})
    assert compare(left, {"lines": [{"tax": Decimal("1.03")}, {"tax": "2.01"}]}, rules).verdict == "different"
    assert compare(left, {"lines": [{"tax": Decimal("1.02")}, {}]}, rules).verdict == "different"
    assert compare(left, left, rules).silenced == {}


def line(words: str) -> int:
    return next(number for number, text in enumerate(SOURCE.splitlines(), 1) if words in text)


FAILING = {
    "acme.raises": f"`acme.raises` of acme-rules 1.2.0 raised ValueError (__init__.py, line {line('raise ')})",
    "acme.exits": f"`acme.exits` of acme-rules 1.2.0 raised SystemExit (__init__.py, line {line('exit(')})",
    "acme.unsure": "`acme.unsure` of acme-rules 1.2.0 gave int, neither True nor False",
}


@pytest.mark.parametrize(("function", "words"), FAILING.items(), ids=FAILING)
@pytest.mark.parametrize("place", ["body", "map", "header", "status", "with a default"])
def test_a_function_that_fails_is_a_difference_and_never_equal(function: str, words: str, place: str) -> None:
    where = {"header": "header:x-tax", "status": "status"}.get(place, "$.tax")
    rules = [rule(function, where)]
    left: Any = {"tax": 1}
    right: Any = {"tax": 2}
    if place == "map":
        left, right = {"tax": {"a": 1}}, {"tax": {"a": 2}}
    elif place == "with a default":
        rules.append({"default": "$.tax", "value": 0})
        right = {}
    elif place == "header":
        left, right = answer(b"", fields=(("X-Tax", "1"),)), answer(b"", fields=(("X-Tax", "2"),))
    elif place == "status":
        left, right = answer(b"", status=200), answer(b"", status=201)
    outcome = compare(left, right, Rules.parse(rules))
    (difference,) = outcome.differences
    assert (outcome.verdict, outcome.silenced) == ("different", {})
    assert (difference.cause.code, difference.cause.detail) == ("rule-failed", words)
    assert "secret" not in difference.cause.detail


def test_another_rule_at_the_place_may_let_it_pass_and_is_asked_first() -> None:
    failing = rule("acme.raises")
    for other in ({"decimal": "$.tax", "tolerance": 1}, {"ignore": "$.tax"}, rule("acme.tax-equal")):
        outcome = compare({"tax": "1.01"}, {"tax": "1.02"}, Rules.parse([failing, other]))
        assert outcome.verdict == "equal", other
    both = Rules.parse([rule("acme.never"), failing])
    assert compare({"tax": 1}, {"tax": 2}, both).differences[0].cause.code == "rule-failed"


def test_a_function_gets_copies() -> None:
    left, right = {"a": {"x": [1]}}, {"a": {"x": [2]}}
    (difference,) = compare(left, right, Rules.parse([rule("acme.changes", "$.a")])).differences
    assert (str(difference.location), difference.left, difference.right) == ("body $.a.x[0]", 1, 2)
    assert (left, right) == ({"a": {"x": [1]}}, {"a": {"x": [2]}})


def test_items_are_paired_without_what_a_function_judges() -> None:
    rules = Rules.parse([rule(place="$.l[*].tax"), {"unordered": "$.l"}])
    left = {"l": [{"n": 1, "tax": "1.00"}, {"n": 2, "tax": "2.00"}]}
    right = {"l": [{"n": 2, "tax": "2.01"}, {"n": 1, "tax": "1.01"}]}
    assert compare(left, right, rules).verdict == "equal"


REFUSED = {
    "acme.tax-equals": "did you mean 'acme.tax-equal'?",
    "nothing-like-it": "installed are: acme.changes, acme.constant",
    "acme.missing": "acme_rules:gone of acme-rules 1.2.0 cannot be imported: AttributeError",
    "acme.constant": "acme_rules:LIMIT of acme-rules 1.2.0 is no function",
}


@pytest.mark.parametrize(("function", "words"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_called_is_refused_with_its_line_when_the_file_is_read(
    function: str, words: str
) -> None:
    text = f"- ignore: $.a\n- call: $.tax\n  function: {function}\n"
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, Path("rules.yaml"))
    (problem,) = caught.value.problems
    assert problem.line == 3
    assert words in problem.what


def test_without_a_function_it_is_no_rule() -> None:
    with pytest.raises(ConfigError, match="`function` is missing"):
        Rules.parse([{"call": "$.tax"}])


def second(site: Path, name: str, version: str) -> Path:
    """The same functions by another distribution, or by another version."""
    (source,) = site.glob("*.dist-info")
    stem = f"{name.replace('-', '_')}-{version}"
    target = site.parent / stem / f"{stem}.dist-info"
    target.mkdir(parents=True, exist_ok=True)
    metadata = (source / "METADATA").read_text(encoding="utf-8")
    metadata = metadata.replace("acme-rules", name).replace("1.2.0", version)
    (target / "METADATA").write_text(metadata, encoding="utf-8")
    (target / "entry_points.txt").write_text((source / "entry_points.txt").read_text(encoding="utf-8"))
    return target.parent


def test_two_distributions_with_one_name_are_refused(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(second(installed, "other-rules", "0.1")))
    with pytest.raises(ConfigError, match=r"acme-rules 1\.2\.0, other-rules 0\.1"):
        Rules.parse([rule()])


def test_an_upgrade_is_a_new_epoch(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2"}
routes: {invoice: "GET /invoices/{id}"}
rules:
  - call: $.tax
    function: acme.tax-equal
cutovers: {reads: {routes: [invoice]}}
"""
    config = parse(text, Path("strangler.yaml")).config
    before = epoch_key(config, "reads", "1")
    assert before == epoch_key(config, "reads", "1")
    monkeypatch.syspath_prepend(str(second(installed, "acme-rules", "1.3.0")))
    after = epoch_key(config, "reads", "1")
    assert (before.rules != after.rules, before.digest != after.digest) == (True, True)
    assert Rules.parse([rule()]).digest != Rules.parse([rule("acme.never")]).digest


def test_between_two_answers_of_one_side_no_function_is_asked() -> None:
    rules, _ = parse_rules(
        "- call: [$.tax, 'header:x-tax']\n  function: acme.tax-equal\n", Path("rules.yaml")
    )
    own = mirrored(rules, "legacy")
    assert compare({"tax": "1.00"}, {"tax": "1.01"}, own).verdict == "different"
    first, again = (answer(b"", fields=(("X-Tax", value),)) for value in ("1", "2"))
    assert compare(first, again, own).verdict == "different", "its header is looked at all the same"
