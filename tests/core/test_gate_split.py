"""What the gate says of a canary's split."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from strangler.evidence import AskedFor, Split
from strangler.gate import Verdict, judge
from strangler.sample_ratio import log_e
from strangler.testing.judged import START

from .test_gate import GOOD, LOADED

CANARY = replace(GOOD, phase="canary")


def ask(split: Split, risk: str = "0.001") -> Verdict:
    policy = LOADED.config.policy_of("reads").model_copy(update={"sample_ratio": Decimal(risk)})
    verdict = judge(policy, replace(CANARY, split=split), (), START, LOADED.line_of)
    reasons = tuple(reason for reason in verdict.reasons if reason.code == "sample-ratio")
    return replace(verdict, reasons=reasons)


def counted(legacy: int, candidate: int, weight: int = 500) -> Split:
    share = weight / 10_000
    return Split(weight, legacy, candidate, max(0.0, log_e((legacy, candidate), (1 - share, share))))


def test_counts_that_the_weight_does_not_explain_block_with_their_p() -> None:
    verdict = ask(counted(9_400, 600))
    (reason,) = verdict.reasons
    assert (verdict.status, reason.status) == ("blocked", "blocked")
    assert reason.measured == "9,400 buckets of customers were seen on legacy, 600 on the candidate: p 0.0006"
    assert reason.required == "5 % on the candidate, of 10,000 about 500 (p over 0.001)"
    assert "cutover rollback reads" in reason.remedy


@pytest.mark.parametrize(
    "split",
    [
        counted(9_500, 500),
        counted(0, 0),
        counted(0, 4_000, 10_000),
        counted(20, 2),
        counted(5_100, 4_900, 5_000),
    ],
    ids=["as set", "nobody yet", "everybody", "few", "half"],
)
def test_a_split_as_it_should_be_is_no_reason(split: Split) -> None:
    assert ask(split).reasons == ()


def test_no_risk_no_statistics_but_a_wrong_side_is_one_all_the_same() -> None:
    split = replace(counted(9_400, 600), wrong=7, such_as=(499, 500, 501, 502, 503))
    (reason,) = ask(split, "0").reasons
    assert reason.measured == (
        "7 of 10,000 buckets of customers were on the side that is not theirs (499, 500, 501, 502, 503, …)"
    )
    assert reason.required == "buckets below 500 on the candidate, all others on legacy"
    assert len(ask(split).reasons) == 2


def test_a_table_of_nobodys() -> None:
    (reason,) = ask(Split(-1, 3, 1, wrong=4, such_as=(1, 2, 3, 4))).reasons
    assert "by a routing table that the ledger never made (1, 2, 3, 4)" in reason.measured


@pytest.mark.parametrize(("nameless", "told"), [(9, False), (10, True), (100, True)])
def test_many_without_an_identity_are_worth_a_note(nameless: int, told: bool) -> None:
    split = Split(500, asked=(AskedFor("invoice", 100 - nameless, nameless),))
    note = (
        f"{nameless} of 100 captured requests of `invoice` in this canary step had no identity and stayed with legacy:"
        " the weight is a share of the others (`identity` of the route)"
    )
    assert [each for each in ask(split).notes if "had no identity" in each] == [note] * told


def test_what_was_agreed_to_is_another_thing_once_a_customer_is_on_the_wrong_side() -> None:
    before = replace(CANARY, split=counted(95, 5))
    assert before.findings_hash() == replace(CANARY, split=counted(190, 10)).findings_hash()
    assert before.findings_hash() != replace(CANARY, split=replace(counted(95, 5), wrong=1)).findings_hash()
