"""No step without a way back: what is missing, in words, phase by phase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strangler.evidence import Cell, Evidence, Returned, WayBack
from strangler.gate import Reason, judge
from strangler.ledger.facts import Fact
from strangler.routing.table import Phase
from strangler.testing.judged import START

from .test_gate import GOOD, LOADED, cell

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


def reverse(route: str = "invoice", ago: int = 1, **more: Any) -> Cell:
    return replace(cell(route, primary="candidate", n=5), last_ns=START - ago * SECOND, **more)


def standing(phase: Phase, leads_to: str, *cells: Cell, **way: Any) -> Evidence:
    """In this phase for ten seconds."""
    routes = way.pop("routes", ("invoice", "invoices"))
    return replace(
        GOOD,
        phase=phase,
        cells=(*GOOD.cells, *cells),
        way_back=WayBack(leads_to, START - 10 * SECOND, routes, **way),
    )


def ask(evidence: Evidence, *facts: Fact) -> list[Reason]:
    verdict = judge(LOADED.config.policy_of("reads"), evidence, facts, START, LOADED.line_of)
    found = [reason for reason in verdict.reasons if reason.code == "way-back"]
    assert {reason.status for reason in found} <= {"insufficient"}
    return found


def test_in_shadow_legacy_serves_everybody() -> None:
    assert ask(standing("shadow", "canary")) == []


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ((), True),
        ((reverse(ago=1),), False),
        ((reverse(ago=11),), True),
        ((reverse(candidate_failed=5),), True),
        ((reverse(candidate_failed=5, duplicates=1),), False),
        ((replace(cell(fallbacks=1), stratum="x"),), False),
    ],
    ids=[
        "nobody",
        "one route",
        "of an earlier step",
        "the candidate failed all",
        "a repeat",
        "legacy in its place",
    ],
)
def test_between_steps_of_the_canary_one_comparison_of_this_step(
    cells: tuple[Cell, ...], missing: bool
) -> None:
    found = ask(standing("canary", "canary", *cells))
    assert [reason.measured for reason in found] == (
        ["no customer of the candidate's was compared with legacy since this step began"] if missing else []
    )
    assert not missing or "`pinned`" in found[0].remedy


def test_before_the_owner_changes_every_route_of_this_epoch() -> None:
    cells = reverse(ago=3_600), reverse("invoices", ago=1)
    assert ask(standing("canary", "candidate", *cells)) == []
    (reason,) = ask(standing("canary", "candidate", cells[1]))
    assert reason.route == "invoice"
    assert reason.measured == "legacy was not asked after the candidate about `invoice` in this epoch"
    assert "in the canary" in reason.remedy
    stale = replace(cells[0], last_ns=START - DAY - SECOND)
    (reason,) = ask(standing("canary", "candidate", stale, cells[1]))
    assert reason.route == "invoice"


def test_before_the_end_every_route_since_it_is_in_candidate() -> None:
    assert ask(standing("candidate", "retired", reverse(), reverse("invoices"))) == []
    (reason,) = ask(standing("candidate", "retired", reverse(ago=11), reverse("invoices")))
    assert reason.measured.endswith("about `invoice` since it is in candidate")


def test_where_nobody_can_be_in_the_canary_nothing_is_to_prove() -> None:
    assert ask(standing("canary", "candidate", routes=())) == []


@pytest.mark.parametrize(("failed", "missing"), [(1, False), (2, True)])
def test_a_legacy_that_fails_is_no_way_back(failed: int, missing: bool) -> None:
    recent = (Returned("invoice", 100 - failed, failed),)
    found = ask(standing("canary", "canary", reverse(), recent=recent))
    assert len(found) == missing
    if missing:
        assert found[0].measured == (
            "legacy left 2 of the last 100 questions about `invoice` without an answer to compare (2 %)"
        )
        assert found[0].required == "at most 1 %"


BACK = {"writes": True, "back_within_ms": 5_000}


@pytest.mark.parametrize(("phase", "leads_to"), [("canary", "candidate"), ("candidate", "retired")])
def test_what_is_written_must_flow_back_before_the_candidate_holds_the_record(
    phase: Phase, leads_to: str
) -> None:
    cells = reverse(), reverse("invoices")
    (reason,) = ask(standing(phase, leads_to, *cells, writes=True))
    assert "how legacy hears of what the candidate writes" in reason.measured
    assert "back: {lag: {url: …}}" in reason.remedy
    assert ask(standing(phase, leads_to, *cells)) == [], "nothing is written"
    assert ask(standing("canary", "canary", *cells, writes=True)) == [], "legacy holds the record still"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (None, "the lag back to legacy was not probed"),
        (
            Fact("lag-back", "reads", "0", "", START - 61 * SECOND),
            "the lag back to legacy was last probed 61.0 s ago",
        ),
        (Fact("lag-back", "other", "0", "", START), "the lag back to legacy was not probed"),
        (Fact("lag-back", "reads", "5.001", "", START), "legacy is 5.001 s behind the candidate"),
        (Fact("lag-back", "reads", "5", "", START), ""),
    ],
)
def test_the_lag_back_is_fresh_and_within_its_bound(fact: Fact | None, words: str) -> None:
    found = ask(standing("canary", "canary", reverse(), **BACK), *([] if fact is None else [fact]))
    assert [reason.measured for reason in found] == ([words] if words else [])
