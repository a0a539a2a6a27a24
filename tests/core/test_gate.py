"""One test per reason: what was measured, what was required, what would change it; and what never passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from strangler.comparison.model import Severity
from strangler.config.load import Loaded
from strangler.evidence import Cell, Census, Evidence, Expired, Inflow, RouteStanding, Seen, Sighting
from strangler.gate import EXIT_CODES, Verdict, judge, rollback_reasons
from strangler.gate.case import lasting
from strangler.ledger.facts import Fact
from strangler.pace import Pace
from strangler.routing.table import Phase
from strangler.testing.judged import CONFIG, START, configuration

SECOND = 1_000_000_000
LOADED = configuration()
CLEAN = 586  # at 1 %, second attempt


def cell(route: str = "invoice", n: int = CLEAN, k: int = 0, **more: Any) -> Cell:
    return Cell(
        route, more.pop("stratum", ""), more.pop("primary", "legacy"), n=n, k=k, last_ns=START, **more
    )


GOOD = Evidence(
    cutover="reads",
    phase="shadow",
    paused=False,
    epoch=2,
    digest="d",
    version="2",
    attempt=2,
    created_ns=START - SECOND,
    routes=(RouteStanding("invoice", comparable=True), RouteStanding("invoices", comparable=True)),
    cells=(cell(), cell("invoices")),
    settled=2 * CLEAN,
    versions=("2",),
    worker_ns=START,
)


def ask(
    evidence: Evidence, loaded: Loaded = LOADED, facts: tuple[Fact, ...] = (), now: int = START
) -> Verdict:
    return judge(loaded.config.policy_of("reads"), evidence, facts, now, loaded.line_of)


@pytest.mark.parametrize(
    ("clock", "measured", "remedy"),
    [
        (
            "2023-11-14T17:00:00+00:00",
            "frozen by `deny: 0 18 14 * *` (the books close)",
            "2023-11-15 10:00 Europe/Berlin",
        ),
        (
            "2023-11-14T08:59:59+00:00",
            "no window in which it may advance is open",
            "2023-11-14 09:00 UTC",
        ),
        ("2023-11-14T16:59:59Z", "", ""),
    ],
)
def test_a_freeze_window_holds_it_and_says_until_when(clock: str, measured: str, remedy: str) -> None:
    text = CONFIG.replace(
        "cutovers:\n  reads:\n",
        "cutovers:\n  reads:\n    policy: {freeze: [{allow: '0 9 * * *', for: 8h}]}\n",
    )
    text += '  freeze:\n    - {deny: "0 18 14 * *", for: 6h, zone: Europe/Berlin, reason: the books close}\n'
    at = int(datetime.fromisoformat(clock).timestamp()) * SECOND
    shift = at - START
    fresh = tuple(replace(each, last_ns=at) for each in GOOD.cells)
    evidence = replace(GOOD, cells=fresh, worker_ns=at, created_ns=GOOD.created_ns + shift)
    verdict = ask(evidence, configuration(text), now=at)
    if not measured:
        assert verdict.status == "pass"
        return
    (reason,) = verdict.reasons
    assert (verdict.status, verdict.exit_code, reason.code, reason.measured) == (
        "frozen",
        4,
        "freeze",
        measured,
    )
    assert remedy in reason.remedy
    assert "a rollback is permitted" in reason.remedy
    assert reason.config_line


@pytest.mark.parametrize(
    ("legacy_ms", "candidate_ms"),
    [(100, 300), (1, 500), (None, 900), (100, None), (None, None), (300, 900)],
    ids=["three times", "fast enough", "legacy not known", "candidate not known", "neither", "just so"],
)
def test_what_is_not_certainly_too_slow_does_not_block(
    legacy_ms: int | None, candidate_ms: int | None
) -> None:
    most, least = (None if each is None else each * SECOND // 1000 for each in (legacy_ms, candidate_ms))
    slow = cell(legacy_p99_most_ns=most, candidate_p99_least_ns=least)
    assert ask(replace(GOOD, cells=(slow, cell("invoices")))).status == "pass"


def test_clean_evidence_passes() -> None:
    verdict = ask(GOOD)
    assert (verdict.status, verdict.exit_code, verdict.reasons) == ("pass", 0, ())
    assert verdict.evidence_hash == GOOD.hash()


OTHER = cell("invoices")


def seen(severity: Severity, wrong_amounts: int = 0) -> Seen:
    return Seen("ab", "invoice", "body $.x", "changed", "c", severity, 9, wrong_amounts)


@pytest.mark.parametrize(
    ("change", "code", "status", "words"),
    [
        ({"epoch": 0, "cells": (), "settled": 0}, "no-epoch", "insufficient", "send traffic"),
        ({"phase": "legacy", "epoch": 0, "cells": (), "settled": 0}, "no-epoch", "insufficient", "cutover start"),
        ({"version": ""}, "version-unknown", "insufficient", "--candidate-version"),
        ({"versions": ("2", "1")}, "versions-at-once", "insufficient", "deployment"),
        ({"worker_ns": None}, "worker-dead", "insufficient", "strangler serve"),
        ({"worker_ns": START - 31 * SECOND}, "worker-dead", "insufficient", "strangler serve"),
        ({"cells": (cell(),)}, "no-traffic", "insufficient", "requests of `invoices`"),
        ({"cells": (cell(), cell("invoices", n=0))}, "no-traffic", "insufficient", "requests of `invoices`"),
        ({"cells": (cell(n=CLEAN - 1), OTHER)}, "evidence", "insufficient", "needs 1 more comparisons of `invoice`"),
        ({"cells": (cell(stratum="c=JP", n=86), OTHER)}, "evidence", "insufficient", "500 more comparisons of `inv"),
        ({"cells": (cell(k=30), OTHER)}, "rate", "blocked", "new epoch"),
        ({"cells": (cell(candidate_failed=2), cell("invoices"))}, "failed-share", "blocked", "divergences list"),
        ({"seen": (seen("major"),)}, "open-divergences", "blocked", "show ab"),
        ({"seen": (seen("money", 1),)}, "wrong-amount", "blocked", "show ab"),
        ({"lost": {"invoice": {"late": 100}}}, "dropped-share", "insufficient", "worker"),
        ({"lost": {"invoice": {"late": 30}}, "untraced": {"gap": 40}}, "dropped-share", "insufficient", "worker"),
        ({"cells": (OTHER,), "lost": {"invoice": {"rate": 1}}}, "dropped-share", "insufficient", "worker"),
        ({"cells": (cell(unsettled=40), cell("invoices"))}, "unsettled-share", "insufficient", "reask"),
        ({"expired": (Expired("`ignore: $.a`", date(2023, 1, 1), 9),)}, "expired-rule", "blocked", "reviewed"),
        (
            {"cells": (cell(legacy_p99_most_ns=90 * SECOND // 1000, candidate_p99_least_ns=SECOND), OTHER)},
            "latency",
            "blocked",
            "faster",
        ),
        ({"lag_within_ms": 5_000}, "lag", "insufficient", "URL"),
        ({"paused": True}, "paused", "frozen", "resume"),
        ({"required": (("a", "retired"), ("b", "canary"))}, "required-cutover", "frozen", "advance b"),
        ({"routes": (RouteStanding("pay", False),), "cells": ()}, "nothing-comparable", "insufficient", "safe"),
    ],
)  # fmt: skip
def test_every_reason_says_what_would_change_it(
    change: dict[str, Any], code: str, status: str, words: str
) -> None:
    verdict = ask(replace(GOOD, **change))
    found = [reason for reason in verdict.reasons if reason.code == code]
    assert found, verdict.reasons
    assert (found[0].status, verdict.status) == (status, status)
    assert verdict.exit_code == EXIT_CODES[verdict.status]
    assert words in found[0].remedy
    assert found[0].measured
    assert found[0].required


def test_blocked_outranks_insufficient_outranks_frozen() -> None:
    several = replace(GOOD, paused=True, worker_ns=None)
    assert ask(several).status == "insufficient"
    assert ask(replace(several, cells=(cell(k=30), cell("invoices")))).status == "blocked"


def test_stale_evidence_is_none() -> None:
    later = START + 90_000 * SECOND
    verdict = ask(replace(GOOD, worker_ns=later), now=later)
    assert [(reason.code, reason.route) for reason in verdict.reasons] == [
        ("stale", "invoice"),
        ("stale", "invoices"),
    ]
    assert verdict.exit_code == 3


def test_the_lag_of_synced_records_is_watched() -> None:
    synced = replace(GOOD, lag_within_ms=5_000)
    assert ask(synced, facts=(Fact("lag", "reads", "4.999", "", START),)).status == "pass"
    assert (
        ask(synced, facts=(Fact("lag", "reads", "5.001", "", START),)).reasons[0].measured
        == "the lag is 5.001 s"
    )
    assert ask(synced, facts=(Fact("lag", "reads", "0", "", START - 61 * SECOND),)).status == "insufficient"
    assert ask(synced, facts=(Fact("lag", "other", "0", "", START),)).status == "insufficient"


def test_evidence_of_both_primaries_counts_together() -> None:
    halves = (cell(n=CLEAN - 100), cell(n=100, primary="candidate"), cell("invoices"))
    assert ask(replace(GOOD, cells=halves)).status == "pass"


def test_a_later_attempt_needs_more() -> None:
    assert ask(replace(GOOD, attempt=3)).status == "insufficient"
    assert ask(replace(GOOD, attempt=0)).status == "pass"


def test_a_route_that_writes_is_noted_and_does_not_block() -> None:
    verdict = ask(replace(GOOD, routes=(*GOOD.routes, RouteStanding("pay", comparable=False))))
    assert verdict.status == "pass"
    assert verdict.notes == ("`pay` may write and is not compared: nothing here speaks for it",)


def test_what_was_not_compared_is_noted() -> None:
    failed = cell(failed={"server-error": 3, "moved": 1}, unsettled=1)
    verdict = ask(replace(GOOD, cells=(failed, cell("invoices")), uncaptured={"too-large": 4}))
    assert verdict.notes == (
        "4 requests passed uncaptured (too-large)",
        "3 of `invoice` could not be compared, not for the candidate's reasons",
    )


def test_reasons_point_into_the_file() -> None:
    text = CONFIG.replace("[invoice, invoices]", "[invoice, invoices]\n    policy:\n      minimum: 9999")
    (reason,) = [reason for reason in ask(GOOD, configuration(text)).reasons if reason.route == "invoice"]
    assert (reason.code, reason.more) == ("minimum", 9999 - CLEAN)
    assert text.splitlines()[reason.config_line - 1].strip() == "minimum: 9999"
    general = ask(replace(GOOD, cells=(cell(k=30), cell("invoices"))))
    assert CONFIG.splitlines()[general.reasons[0].config_line - 1].strip().startswith("tolerate")
    stated_nowhere = ask(replace(GOOD, cells=(cell(unsettled=99), cell("invoices"))))
    assert stated_nowhere.reasons[0].config_line > 0


@given(
    cells=st.lists(
        st.builds(
            Cell,
            st.sampled_from(["invoice", "invoices"]),
            st.sampled_from(["", "c=DE"]),
            st.sampled_from(["legacy", "candidate"]),
            n=st.just(0),
            unsettled=st.integers(0, 9),
            first_ns=st.just(1),
            last_ns=st.just(START),
        ),
        max_size=4,
        unique_by=lambda cell: (cell.route, cell.stratum, cell.primary),
    ),
    attempt=st.integers(0, 5),
    settled=st.integers(0, 10**6),
    minimum=st.integers(1, 3),
)
def test_zero_comparisons_never_pass(cells: list[Cell], attempt: int, settled: int, minimum: int) -> None:
    policy = LOADED.config.policy_of("reads").model_copy(
        update={"minimum": minimum, "open_divergences": 10**6}
    )
    empty = replace(GOOD, cells=tuple(cells), attempt=attempt, settled=settled)
    assert judge(policy, empty, (), START).exit_code == 3


@given(
    n=st.integers(0, 20_000),
    k=st.integers(0, 400),
    failed=st.integers(0, 50),
    lost=st.integers(0, 5_000),
    unsettled=st.integers(0, 2_000),
)
def test_a_pass_has_no_reasons_and_anything_else_has_some(
    n: int, k: int, failed: int, lost: int, unsettled: int
) -> None:
    n = max(n, k, failed)
    one = cell(n=n, k=max(k, failed), candidate_failed=failed, unsettled=unsettled)
    verdict = ask(replace(GOOD, cells=(one, cell("invoices")), lost={"invoice": {"late": lost}}))
    assert (verdict.status == "pass") == (not verdict.reasons)
    for reason in verdict.reasons:
        assert reason.status != "pass"
        assert reason.remedy


def test_shares_are_compared_exactly() -> None:
    at_limit = replace(GOOD, cells=(cell(n=1000, candidate_failed=2, k=2), cell("invoices")))
    assert "failed-share" not in {reason.code for reason in ask(at_limit).reasons}
    over = replace(GOOD, cells=(cell(n=999, candidate_failed=2, k=2), cell("invoices")))
    (reason,) = [reason for reason in ask(over).reasons if reason.code == "failed-share"]
    assert reason.measured == "the candidate failed 2 of 999 comparisons of `invoice` (0.2002 %)"
    assert reason.required == "at most 0.2 %"


def test_what_is_shed_is_held_against_its_own_route() -> None:
    """Much traffic elsewhere does not hide it; what was lost on the way counts with every route."""
    many = replace(GOOD, settled=10**6)
    shed = replace(many, lost={"invoice": {"late": 40, "breaker": 10}}, untraced={"gap": 1000})
    (reason,) = ask(shed).reasons
    assert (reason.code, reason.route) == ("dropped-share", "invoice")
    assert reason.measured == (
        "50 of 636 exchanges of `invoice` were shed before they were compared (breaker 10, late 40); "
        "of 1001000 of all routes 1000 were lost before (gap 1000)"
    )
    allowed = {"invoice": {"late": 30}}  # 30 of 616: 4.9 %
    assert ask(replace(many, lost=allowed)).status == "pass"
    assert ask(replace(many, lost=allowed, untraced={"gap": 4_000})).status == "insufficient"


WRONG = Seen("ab", "invoice", "body $.total", "changed", "rounding", "money", 1, 1)


@pytest.mark.parametrize("phase", ["legacy", "shadow", "retired"])
def test_nothing_rolls_back_where_the_candidate_serves_nobody_or_everybody_for_good(phase: Phase) -> None:
    policy = LOADED.config.policy_of("reads")
    worst = replace(GOOD, phase=phase, seen=(WRONG,), cells=(cell(k=500),))
    assert rollback_reasons(policy, worst) == ()


@pytest.mark.parametrize("phase", ["canary", "candidate"])
def test_one_wrong_amount_served_rolls_back(phase: Phase) -> None:
    policy = LOADED.config.policy_of("reads")
    found = rollback_reasons(policy, replace(GOOD, phase=phase, seen=(WRONG,)), LOADED.line_of)
    assert [reason.code for reason in found] == ["wrong-amount"]
    shadowed = structs.replace(WRONG, wrong_amounts=0)  # seen by us, not by a customer
    assert rollback_reasons(policy, replace(GOOD, phase=phase, seen=(shadowed,))) == ()
    lenient = policy.model_copy(update={"rollback_amounts": False})
    assert rollback_reasons(lenient, replace(GOOD, phase=phase, seen=(WRONG,))) == ()


def test_a_rate_rolls_back_when_the_statistics_have_decided() -> None:
    policy = LOADED.config.policy_of("reads")
    canary = replace(GOOD, phase="canary")
    assert rollback_reasons(policy, replace(canary, cells=(cell(n=600, k=8),))) == ()
    assert [r.code for r in rollback_reasons(policy, replace(canary, cells=(cell(n=600, k=30),)))] == ["rate"]


def test_failures_of_the_candidate_roll_back_by_themselves() -> None:
    policy = LOADED.config.policy_of("reads").model_copy(update={"failed": Decimal("0.002")})
    canary = replace(GOOD, phase="canary")
    few = replace(canary, cells=(cell(n=600, k=2, candidate_failed=2),))
    many = replace(canary, cells=(cell(n=600, k=9, candidate_failed=9),))
    assert rollback_reasons(policy, few) == ()
    assert [reason.code for reason in rollback_reasons(policy, many)] == ["failed-share"]


def test_strata_found_later_have_less_to_risk() -> None:
    policy = LOADED.config.policy_of("reads")
    canary = replace(GOOD, phase="canary")
    alone = (cell(n=60, k=7, first_ns=1),)
    crowd = (*(cell(stratum=f"c={i:02d}", n=10, first_ns=i) for i in range(40)), cell(n=60, k=7, first_ns=99))
    assert [reason.code for reason in rollback_reasons(policy, replace(canary, cells=alone))] == ["rate"]
    assert rollback_reasons(policy, replace(canary, cells=crowd)) == ()


def test_repeats_say_why_there_is_too_little() -> None:
    polled = replace(GOOD, cells=(cell(n=40, duplicates=4_960), cell("invoices")))
    verdict = ask(polled)
    (reason,) = [reason for reason in verdict.reasons if reason.code == "evidence"]
    assert verdict.status == "insufficient"
    assert reason.remedy.endswith("of other records: 4,960 of 5,000 repeated one that counted")
    assert verdict.notes == (
        "4,960 of 5,000 comparisons of `invoice` were repeats of one another and count once",
    )
    few = replace(GOOD, cells=(cell(n=40, duplicates=30), cell("invoices")))
    assert all("other records" not in reason.remedy for reason in ask(few).reasons)


def test_a_mismatch_that_repeats_blocks_but_is_one_for_the_statistics_of_a_rollback() -> None:
    asked_again = replace(GOOD, phase="canary", cells=(cell(n=600, k=300, repeats=299), cell("invoices")))
    assert "rate" not in {
        reason.code for reason in rollback_reasons(LOADED.config.policy_of("reads"), asked_again)
    }
    assert "evidence" in {reason.code for reason in ask(asked_again).reasons}
    various = replace(asked_again, cells=(cell(n=600, k=300, repeats=200), cell("invoices")))
    (reason,) = rollback_reasons(LOADED.config.policy_of("reads"), various)
    assert reason.measured == "100 of 400 comparisons of `invoice` mismatch (and 200 that repeat one of them)"


def test_failures_are_a_share_of_all_that_was_asked() -> None:
    failing = cell(n=CLEAN, k=3, candidate_failed=3, duplicates=5_000)
    assert "failed-share" not in {reason.code for reason in ask(replace(GOOD, cells=(failing,))).reasons}
    alone = cell(n=CLEAN, k=3, candidate_failed=3)
    assert "failed-share" in {reason.code for reason in ask(replace(GOOD, cells=(alone,))).reasons}


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def found(severity: Severity, parts: int = 1) -> Seen:
    return Seen(f"d-{severity}", "invoice", "body $.x", "changed", "unexplained", severity, 9, parts=parts)


def test_divergences_are_limited_by_severity() -> None:
    allowing = configuration(**{"policy:\n": "policy:\n  open_divergences: {minor: 2, info: 1}\n"})
    few = replace(GOOD, seen=(found("minor", parts=2), found("info")))
    assert "open-divergences" not in codes(ask(few, allowing))
    assert "open-divergences" in codes(ask(few))
    many = replace(GOOD, seen=(found("minor", parts=3), found("info")))
    (reason,) = [reason for reason in ask(many, allowing).reasons if reason.code == "open-divergences"]
    assert reason.measured == "3 of `invoice`: d-minor body $.x (unexplained, 9 times, counts as 3)"
    assert reason.required == "at most 0 money, 0 major, 2 minor and 1 info divergences seen in this epoch"
    assert "open-divergences" in codes(ask(replace(GOOD, seen=(found("money"),)), allowing))


def test_money_may_not_drift_further_than_is_tolerated() -> None:
    allowing = configuration(**{"policy:\n": "policy:\n  drift: {EUR: 0.05}\n"})
    off = (("EUR", Decimal("-0.05")), ("JPY", Decimal(0)))
    assert "drift" not in codes(ask(replace(GOOD, drift=off), allowing))
    assert "drift" in codes(ask(replace(GOOD, drift=off)))
    further = replace(GOOD, drift=(("EUR", Decimal("0.06")), ("KWD", Decimal("-0.001")), ("", Decimal(1))))
    reasons = [reason for reason in ask(further, allowing).reasons if reason.code == "drift"]
    assert [reason.measured.split(" from ")[0] for reason in reasons] == [
        "the candidate's amounts are +0.06 EUR",
        "the candidate's amounts are -0.001 KWD",
        "the candidate's amounts are +1 of no known currency",
    ]
    assert (reasons[0].status, reasons[0].required) == ("blocked", "at most 0.05 EUR, up or down")


def test_more_errors_than_legacy_block_once_it_is_certain() -> None:
    def errors(legacy: int, candidate: int, answers: int = 2_000) -> Evidence:
        counted = cell(answers=answers, legacy_errors=legacy, candidate_errors=candidate)
        return replace(GOOD, cells=(counted, cell("invoices")))

    assert "error-rate" not in codes(ask(errors(3, 5)))
    assert "error-rate" not in codes(ask(errors(100, 100)))
    assert "error-rate" not in codes(ask(errors(300, 20)))
    (reason,) = [reason for reason in ask(errors(20, 300)).reasons if reason.code == "error-rate"]
    assert (reason.status, reason.route) == ("blocked", "invoice")
    lenient = configuration(**{"policy:\n": "policy:\n  errors: 20%\n"})
    assert "error-rate" not in codes(ask(errors(20, 300), lenient))


def test_a_stratum_in_which_nothing_could_be_compared_is_not_passed_over() -> None:
    lagged = cell(n=0, unsettled=3, failed={"lagged": 3}, stratum="currency=KWD")
    (reason,) = ask(replace(GOOD, cells=(*GOOD.cells, lagged))).reasons
    assert (reason.code, reason.status, reason.more) == ("stratum-minimum", "insufficient", 1)
    assert reason.measured == "0 comparisons of `invoice` (currency=KWD)"


def test_what_is_missing_says_how_long_it_takes() -> None:
    few = replace(GOOD, cells=(cell(n=386), cell("invoices")))
    (without,) = ask(few).reasons
    assert without.remedy == "needs 200 more comparisons of `invoice`"
    paced = replace(
        few, inflows=(Inflow("invoice", "", 60, 3_600 * SECOND), Inflow("invoices", "", 9, SECOND))
    )
    (reason,) = ask(paced).reasons
    assert reason.remedy == "needs 200 more comparisons of `invoice`; at today's rate 3 h 20 min"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "less than a minute"), (60, "1 min"), (3_600, "1 h"), (11_400, "3 h 10 min"), (180_000, "2 d 2 h")],
)
def test_how_long_in_words(seconds: int, words: str) -> None:
    assert lasting(seconds * SECOND) == words


@pytest.mark.parametrize(
    ("reached", "status"),
    [
        (None, "insufficient"),
        ("unheard-of", "insufficient"),
        ("expand", "frozen"),
        ("verify", None),
        ("drop", None),
    ],
)
def test_a_migration_must_have_come_so_far(reached: str | None, status: str | None) -> None:
    waits = replace(GOOD, required_migrations=(("add-iban", "verify"),))
    facts = () if reached is None else (Fact("migration", "add-iban", reached, "", START),)
    reasons = ask(waits, facts=facts).reasons
    assert [reason.code for reason in reasons] == ["required-migration"] * (status is not None)
    assert [reason.status for reason in reasons] == [status] * (status is not None)


DAY = 86_400 * SECOND


def sighting(kind: str, value: str, count: int = 5, compared: int = 0, age: int = 0) -> Sighting:
    return Sighting("invoice", kind, value, count, compared, START - age)


def test_what_production_asks_has_to_be_compared() -> None:
    missing = (sighting("stratum", "currency=KWD", 9), sighting("status", "4xx"), sighting("path", "id=uuid"))
    known = replace(GOOD, coverage=(*missing, sighting("status", "2xx", compared=1)), labels=("currency",))
    (reason,) = ask(known).reasons
    assert (reason.code, reason.status, reason.route) == ("coverage", "insufficient", "invoice")
    assert reason.measured == (
        "of `invoice` there was no comparison of: stratum currency=KWD (seen 9 times); answers 4xx (seen 5 times); "
        "paths like id=uuid (seen 5 times)"
    )
    assert "replay FILE --record" in reason.remedy


@pytest.mark.parametrize(
    "passed_over",
    [
        sighting("status", "4xx", count=4),
        sighting("status", "4xx", age=36 * DAY),
        sighting("status", "5xx"),
        sighting("stratum", "country=DE,currency=EUR"),
        replace(sighting("status", "4xx"), route="elsewhere"),
    ],
)
def test_what_is_rare_or_long_ago_or_cannot_be_compared_is_not_asked_for(passed_over: Sighting) -> None:
    assert ask(replace(GOOD, coverage=(passed_over,), labels=("currency",))).status == "pass"


def test_nothing_need_be_covered_where_the_file_says_so() -> None:
    lenient = configuration(**{"policy:\n": "policy:\n  coverage: {seen: 0}\n"})
    assert ask(replace(GOOD, coverage=(sighting("status", "4xx"),)), lenient).status == "pass"


CENSUS = Census("invoice", "currency=KWD", "2023-10", START - 45 * DAY, START - 14 * DAY, 37, 0, 37, 0, 37)
BY_CENSUS = configuration(**{"policy:\n": "policy:\n  census: true\n"})
RARE = replace(GOOD, cells=(*GOOD.cells, cell(n=37, stratum="currency=KWD")), census=(CENSUS,))


def test_a_rare_stratum_passes_by_its_last_cycle_replayed_whole() -> None:
    verdict = ask(RARE, BY_CENSUS)
    assert verdict.status == "pass"
    assert verdict.notes == ("census of 2023-10: 37 of 37 of `invoice` (currency=KWD)",)
    assert codes(ask(RARE)) == {"evidence"}
    assert ask(RARE).notes[0].endswith("and it says nothing: `policy.census` does not let it stand in")


@pytest.mark.parametrize(
    ("flawed", "why"),
    [
        ({"k": 1}, "1 of them mismatch"),
        ({"n": 36}, "1 could not be compared"),
        ({"missed": 2}, "2 of that cycle's `invoice` could not be asked, or are not in the recording"),
        ({"watched": 38}, "the ledger saw 38 in that cycle"),
        ({"first_ns": START - 76 * DAY, "end_ns": START - 45 * DAY}, "it is not of the last full cycle"),
        ({"n": 0, "total": 0, "watched": 0}, "0 could not be compared"),
    ],
)
def test_a_census_with_a_flaw_says_nothing(flawed: dict[str, Any], why: str) -> None:
    verdict = ask(replace(RARE, census=(replace(CENSUS, **flawed),)), BY_CENSUS)
    assert (verdict.status, codes(verdict)) == ("insufficient", {"evidence"})
    assert verdict.notes[0].endswith(f"and it says nothing: {why}")


def test_no_census_stands_against_a_mismatch_of_the_epoch() -> None:
    differing = replace(RARE, cells=(*GOOD.cells, cell(n=37, k=1, stratum="currency=KWD")))
    assert codes(ask(differing, BY_CENSUS)) == {"evidence"}
    (reason,) = ask(differing, BY_CENSUS).reasons
    assert reason.remedy.endswith("or its last full cycle whole (`strangler replay FILE --record --census`)")


def test_a_hold_and_a_soak_freeze_it_and_say_until_when() -> None:
    waits = Pace(soak_ns=3600 * SECOND, soaked_ns=600 * SECOND, held_until_ns=START + 1)
    verdict = judge(LOADED.config.policy_of("reads"), GOOD, (), START, LOADED.line_of, waits)
    assert (verdict.status, verdict.exit_code) == ("frozen", 4)
    held, soak = verdict.reasons
    assert (held.code, held.measured) == ("held", "it is held until 2023-11-14 22:14 UTC")
    assert (soak.code, soak.measured, soak.required) == (
        "soak",
        "it was watched for 10 min in this step",
        "60 min",
    )
    assert "wait until 2023-11-14 23:04 UTC" in soak.remedy


@pytest.mark.parametrize("phase", ["canary", "candidate"])
def test_while_it_is_held_only_a_wrong_amount_rolls_back(phase: Phase) -> None:
    policy = LOADED.config.policy_of("reads")
    bad = replace(GOOD, phase=phase, cells=(cell(n=600, k=30),))
    assert [reason.code for reason in rollback_reasons(policy, bad)] == ["rate"]
    assert rollback_reasons(policy, bad, held=True) == ()
    both = replace(bad, seen=(WRONG,))
    assert [reason.code for reason in rollback_reasons(policy, both, held=True)] == ["wrong-amount"]
