"""Effects: who owns them, what a probe says, and what the gate makes of both sides. Every case of the gate's table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strangler.clocks import PROBE_STALE_NS
from strangler.config.effects import Effect, Probe
from strangler.effects import Acknowledged, Quiet, Said, Standing, Word, owner_in, said_by
from strangler.errors import ConfigError
from strangler.exchange import Side
from strangler.gate import Verdict, judge
from strangler.routing.table import Phase
from strangler.testing.judged import CONFIG, START, configuration

from .test_gate import GOOD

PHASES: tuple[Phase, ...] = ("legacy", "shadow", "canary", "candidate", "retired")
DECLARED = configuration(
    CONFIG.replace(
        "    routes: [invoice, invoices]\n",
        "    routes: [invoice, invoices]\n"
        "    effects:\n"
        '      month-end: {legacy: {url: "http://l.test/"}, candidate: {url: "http://c.test/"}}\n',
    )
)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("effect", "owners"),
    [
        (Effect(), ["legacy", "legacy", "legacy", "candidate", "candidate"]),
        (Effect(moves="candidate"), ["legacy", "legacy", "legacy", "candidate", "candidate"]),
        (Effect(moves="canary"), ["legacy", "legacy", "candidate", "candidate", "candidate"]),
        (Effect(owner="legacy"), ["legacy"] * 5),
        (Effect(owner="candidate"), ["candidate"] * 5),
    ],
)
def test_the_owner_changes_with_the_record(effect: Effect, owners: list[str]) -> None:
    assert [owner_in(effect, phase) for phase in PHASES] == owners


@pytest.mark.parametrize(
    ("body", "path", "quiet", "word", "detail"),
    [
        (b'{"active": false}', "$.active", [False], "quiet", "false"),
        (b'{"active": true}', "$.active", [False], "active", "true"),
        (b'{"active": 0}', "$.active", [False], "active", "0"),
        (b'{"active": false}', "$.active", [0], "active", "false"),
        (b'{"active": 0.0}', "$.active", [0], "quiet", "0.0"),
        (b'{"state": "paused"}', "$.state", ["paused", "off"], "quiet", "paused"),
        (b'{"state": "on"}', "$.state", ["paused", "off"], "active", "on"),
        (b'{"state": null}', "$.state", [None], "quiet", "null"),
        (b'{"jobs": [{"on": false}, {"on": false}]}', "$.jobs[*].on", [False], "quiet", "false"),
        (b'{"jobs": [{"on": false}, {"on": true}]}', "$.jobs[*].on", [False], "active", "true"),
        (b'{"jobs": []}', "$.jobs[*].on", [False], "unknown", "nothing at $.jobs[*].on"),
        (b'{"active": {}}', "$.active", [False], "active", "an object"),
        (b"{}", "$.active", [False], "unknown", "nothing at $.active"),
        (b"<html>", "$.active", [False], "unknown", "cannot be read"),
        (b"", "$.active", [False], "unknown", "cannot be read"),
        (b'{"active": true, "active": false}', "$.active", [False], "unknown", "active twice"),
        (b'{"active": NaN}', "$.active", [False], "unknown", "cannot be read"),
        (b'{"active": 1e99999999999999999999}', "$.active", [False], "unknown", "cannot be read"),
        (b"[" * 50_000, "$.active", [False], "unknown", "cannot be read"),
    ],
)
def test_what_a_probe_says(body: bytes, path: str, quiet: list[Any], word: Word, detail: str) -> None:
    probe = Probe.model_validate({"url": "http://side.test/", "path": path, "quiet": quiet})
    said = said_by(body, probe, START)
    assert (said.word, said.at_ns) == (word, START)
    assert detail in said.detail


def said(word: Word, age_ns: int = 0) -> Said:
    return Said(
        word, {"quiet": "false", "active": "true", "unknown": "it does not answer"}[word], START - age_ns
    )


def person(age_ns: int = 0) -> Acknowledged:
    return Acknowledged("ann", "seen", START - age_ns, 3)


@pytest.mark.parametrize(
    ("quiet", "word"),
    [
        (Quiet(True, said("quiet")), "quiet"),
        (Quiet(True, said("quiet", PROBE_STALE_NS)), "quiet"),
        (Quiet(True, said("quiet", PROBE_STALE_NS + 1)), "unknown"),
        (Quiet(True, said("active", PROBE_STALE_NS + 1)), "unknown"),
        (Quiet(True, said("unknown")), "unknown"),
        (Quiet(True), "unknown"),
        (Quiet(False), "unknown"),
        (Quiet(False, None, person()), "quiet"),
        (Quiet(False, None, person(HOUR_MS * 1_000_000)), "quiet"),
        (Quiet(False, None, person(HOUR_MS * 1_000_000 + 1)), "unknown"),
        (Quiet(True, said("unknown"), person()), "quiet"),
        (Quiet(True, said("active"), person()), "active"),
    ],
)
def test_a_fresh_probe_goes_before_a_persons_word(quiet: Quiet, word: Word) -> None:
    assert quiet.word(START, HOUR_MS * 1_000_000) == word


def standing(owner: Side, following: Side, legacy: Word, candidate: Word) -> Standing:
    sides = (Quiet(True, said(legacy)), Quiet(True, said(candidate)))
    return Standing("month-end", "scheduler", owner, following, *sides)


def ask(effect: Standing, phase: Phase = "shadow") -> Verdict:
    evidence = replace(GOOD, phase=phase, effects=(effect,))
    return judge(DECLARED.config.policy_of("reads"), evidence, (), START, DECLARED.line_of)


def reasons(effect: Standing) -> list[tuple[str, str]]:
    return [(reason.code, reason.status) for reason in ask(effect).reasons]


ACTIVE, UNKNOWN = ("effect-active", "blocked"), ("effect-unknown", "insufficient")


@pytest.mark.parametrize(
    ("owner", "following", "legacy", "candidate", "found"),
    [
        ("legacy", "legacy", "active", "quiet", []),
        ("legacy", "legacy", "unknown", "quiet", []),
        ("legacy", "legacy", "quiet", "quiet", []),
        ("legacy", "legacy", "active", "active", [ACTIVE]),
        ("legacy", "legacy", "quiet", "active", [ACTIVE]),
        ("legacy", "legacy", "active", "unknown", [UNKNOWN]),
        ("legacy", "candidate", "quiet", "quiet", []),
        ("legacy", "candidate", "active", "quiet", [ACTIVE]),
        ("legacy", "candidate", "unknown", "quiet", [UNKNOWN]),
        ("legacy", "candidate", "quiet", "active", [ACTIVE]),
        ("legacy", "candidate", "active", "active", [ACTIVE, ACTIVE]),
        ("candidate", "candidate", "quiet", "active", []),
        ("candidate", "candidate", "quiet", "unknown", []),
        ("candidate", "candidate", "active", "active", [ACTIVE]),
        ("candidate", "candidate", "unknown", "active", [UNKNOWN]),
    ],
)
def test_only_the_owner_may_be_at_work_and_none_while_it_changes(
    owner: Side, following: Side, legacy: Word, candidate: Word, found: list[tuple[str, str]]
) -> None:
    assert reasons(standing(owner, following, legacy, candidate)) == found


def test_a_reason_says_where_what_and_how() -> None:
    verdict = ask(standing("legacy", "candidate", "active", "quiet"), "canary")
    (reason,) = verdict.reasons
    assert verdict.exit_code == 1
    assert reason.measured == "`month-end` is at work on legacy (it says true)"
    assert reason.required == "quiet on legacy before it goes over to candidate"
    assert reason.remedy == "stop `month-end` on legacy"
    assert reason.config_line == 13
    (unknown,) = ask(standing("legacy", "legacy", "active", "unknown")).reasons
    assert "it does not answer" in unknown.measured
    assert "strangler effects acknowledge reads month-end --side candidate" in unknown.remedy


def test_nobody_does_it_is_a_note() -> None:
    verdict = ask(standing("candidate", "candidate", "quiet", "quiet"), "candidate")
    assert verdict.status == "pass"
    assert any("nobody does it" in note for note in verdict.notes)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{x: {moves: candidate, owner: legacy}}", "`moves` or `owner`"),
        ("{x: {moves: shadow}}", "canary"),
        ("{x: {legacy: {}}}", "url"),
        ("{x: {legacy: {url: /relative}}}", "url"),
        ("{x: {legacy: {url: 'http://a.test/', path: state}}}", "JSONPath"),
        ("{x: {legacy: {url: 'http://a.test/', quiet: []}}}", "quiet"),
        ("{'Bad Name': {}}", "Bad Name"),
        ("nothing", "effects"),
    ],
)
def test_what_the_file_may_not_say(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as raised:
        configuration(
            CONFIG.replace(
                "    routes: [invoice, invoices]\n", f"    routes: [invoice]\n    effects: {text}\n"
            )
        )
    assert what in str(raised.value) + "".join(f"{p.what}{p.location}" for p in raised.value.problems)


@pytest.mark.parametrize("text", ["none", "{}"])
def test_none_says_that_there_are_none(text: str) -> None:
    loaded = configuration(
        CONFIG.replace("    routes: [invoice, invoices]\n", f"    routes: [invoice]\n    effects: {text}\n")
    )
    assert loaded.config.cutovers["reads"].effects == {}
