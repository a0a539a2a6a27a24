"""What a good file says."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from strangler.config import Loaded, advice, expand, parse
from strangler.config.cutovers import SyncedState
from strangler.config.environment import needed, variables
from strangler.config.rulesfile import parse_rules
from strangler.errors import ConfigError, UsageError

from .samples import SMALL, WHOLE


@pytest.fixture
def whole() -> Loaded:
    return parse(WHOLE, Path("strangler.yaml"))


def test_values_are_exact(whole: Loaded) -> None:
    config = whole.config
    assert config.policy.tolerate.rate == Decimal("0.001")
    assert config.policy.tolerate.alpha == Decimal("0.05")
    assert config.routes["invoice"].sample == Decimal("0.5")
    assert config.cutovers["reads"].steps == (Decimal(1), Decimal(5), Decimal(25), Decimal(50), Decimal(100))
    assert config.capture.body_limit == 1 << 20
    assert config.candidate.connect == 500
    assert config.policy.freshness == 86_400_000


def test_shorthands(whole: Loaded) -> None:
    assert whole.config.routes["invoices"].match.method == ("GET",)
    assert whole.config.cutovers["writes"].routes == ("pay",)
    assert whole.config.legacy.auth is None
    state = whole.config.cutovers["writes"].state
    assert isinstance(state, SyncedState)
    assert state.synced.within == 5_000


def test_names_that_yaml_reads_as_numbers_are_names(whole: Loaded) -> None:
    rule = whole.config.rules[4]
    assert rule.model_dump()["values"] == {"1": "paid", "open": "OPEN"}


def test_the_policy_of_a_cutover_is_the_general_one_with_what_it_says_itself(whole: Loaded) -> None:
    policy = whole.config.policy_of("reads")
    assert (policy.minimum, policy.freshness, policy.tolerate.rate) == (100, 86_400_000, Decimal("0.001"))
    assert whole.config.policy_of("writes") == whole.config.policy


def test_lines(whole: Loaded) -> None:
    lines = WHOLE.splitlines()
    assert lines[whole.line_of("routes", "invoice", "rules", 1) - 1].strip().startswith("- {rename")
    assert "minimum" in lines[whole.line_of("cutovers", "reads", "policy", "minimum") - 1]


def test_a_digest_follows_the_text(whole: Loaded) -> None:
    assert parse(WHOLE, Path("y")).digest == whole.digest
    assert parse(WHOLE + "# more\n", Path("y")).digest != whole.digest


def test_environment_variables() -> None:
    assert expand("Bearer ${A}${B}", {"A": "x", "B": "y"}) == "Bearer xy"
    assert expand("$A {B} ${1}", {}) == "$A {B} ${1}"
    assert variables("${A} and ${A_1}") == ("A", "A_1")
    with pytest.raises(UsageError, match="A is not set") as caught:
        expand("${A}", {})
    assert "export A=" in str(caught.value)


def test_what_a_file_needs_of_the_environment(whole: Loaded) -> None:
    assert list(needed(whole.config)) == [
        (("candidate", "auth", "replace", "Authorization"), "CANDIDATE_TOKEN"),
        (("cutovers", "writes", "effects", "month-end", "legacy", "headers", "Authorization"), "RUNS"),
    ]


def test_advice_on_expired_rules_and_missing_identities() -> None:
    text = (
        f"{SMALL}routes: {{a: GET /x}}\nrules:\n  - ignore: $.x\n    expires: 2026-01-31\n"
        "cutovers: {reads: {routes: [a]}}\n"
    )
    loaded = parse(text, Path("x"))
    on_the_day = [problem.what for problem in advice(loaded, date(2026, 1, 31))]
    after = {problem.line: problem.what for problem in advice(loaded, date(2026, 2, 1))}
    assert not any("expired" in what for what in on_the_day)
    assert "the rule expired on 2026-01-31" in after[7]
    assert "names no identity" in after[8]
    assert "version is read nowhere" in after[3]


def test_advice_on_a_file_that_does_nothing() -> None:
    assert any("no routes" in problem.what for problem in advice(parse(SMALL, Path("x")), date(2026, 1, 1)))
    loaded = parse(SMALL + "routes: {a: GET /x}\n", Path("x"))
    assert any("no cutovers" in problem.what for problem in advice(loaded, date(2026, 1, 1)))


def test_a_good_file_needs_no_advice(whole: Loaded) -> None:
    told = [problem.what for problem in advice(whole, date(2026, 1, 1))]
    assert [what for what in told if "identity" not in what] == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("- ignore: $.a\n- unordered: $.b\n", [1, 2]),
        ("rules:\n  - ignore: $.a\n\n  - unordered: $.b\n", [2, 4]),
        (WHOLE, [46, 50, 52, 56, 57]),
    ],
)
def test_rules_in_a_file_of_their_own(text: str, lines: list[int]) -> None:
    rules, found = parse_rules(text, Path("rules.yaml"))
    assert (len(rules), found) == (len(lines), lines)


@pytest.mark.parametrize("text", ["- ingore: $.a\n", "rules: [{ignore: []}]\n"])
def test_a_list_is_not_too_short_for_what_is_wrong_in_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, Path("rules.yaml"))
    assert len(caught.value.problems) == 1
    with pytest.raises(ConfigError, match="at least 1"):
        parse_rules("rules: []\n", Path("rules.yaml"))


@pytest.mark.parametrize("text", ["- ignore: $.a\n- ingore: $.b\n", "rules:\n- ingore: $.b\n"])
def test_a_rules_file_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"rules.yaml:2: rules\[\d\]: unknown kind of rule `ingore`"):
        parse_rules(text, Path("rules.yaml"))


def test_advice_on_a_format_whose_reader_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALL + "routes: {a: {match: GET /x, decode: pdf}}\n"
    loaded = parse(text, Path("strangler.yaml"))
    before = advice(loaded, date(2026, 1, 1))
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    (new,) = [each for each in advice(loaded, date(2026, 1, 1)) if each not in before]
    assert (new.line, "`a`" in new.what, "strangler[pdf]" in (new.remedy or "")) == (4, True, True)


def test_what_goes_first_is_cutovers_or_migrations_too() -> None:
    def required(text: str) -> tuple[object, object]:
        loaded = parse(
            "version: 1\nlegacy: {url: http://a}\ncandidate: {url: http://b}\nroutes: {a: GET /x, b: GET /y}\n"
            f"cutovers: {{c: {{routes: a, requires: {text}}}, d: {{routes: b}}}}\n",
            Path("strangler.yaml"),
        )
        found = loaded.config.cutovers["c"].requires
        return found.cutovers, found.migrations

    assert required("d") == required("[d]") == required("{cutovers: d}") == (("d",), {})
    assert required("{cutovers: [d], migrations: {add-iban: verify}}") == (("d",), {"add-iban": "verify"})
    assert required("{migrations: {add-iban: drop}}") == (None, {"add-iban": "drop"})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{open_divergences: many}", "is a number, or"),
        ("{open_divergences: {grave: 1}}", "grave"),
        ("{drift: {EUR: -1}}", "not an amount"),
        ("{drift: {EUR: much}}", "not an amount"),
    ],
)
def test_a_limit_that_says_nothing_is_refused(text: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(SMALL + f"policy: {text}\n", Path("strangler.yaml"))
    assert any(word in str(problem) for problem in caught.value.problems)
