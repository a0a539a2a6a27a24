"""What a clock that was ahead has dated: it is not fresh until that time comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strangler.clocks import SKEW_NS, fresh
from strangler.effects import Acknowledged, Quiet, Said
from strangler.ledger.facts import Fact
from strangler.testing.judged import START

from .test_gate import GOOD, ask

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
YEAR = 365 * DAY


@pytest.mark.parametrize(
    ("age", "within", "counts"),
    [
        (0, SECOND, True),
        (SECOND, SECOND, True),
        (SECOND + 1, SECOND, False),
        (-SECOND, SECOND, True),
        (-SECOND - 1, SECOND, False),
        (-SKEW_NS, DAY, True),
        (-SKEW_NS - 1, DAY, False),
    ],
)
def test_what_is_fresh(age: int, within: int, counts: bool) -> None:
    assert fresh(START - age, START, within) is counts


def test_a_worker_and_comparisons_of_a_time_to_come_never_pass() -> None:
    (dead,) = ask(replace(GOOD, worker_ns=START + YEAR)).reasons
    assert (dead.code, dead.status) == ("worker-dead", "insufficient")
    assert "365 d ahead of this clock" in dead.measured
    stale = ask(replace(GOOD, cells=tuple(replace(each, last_ns=START + DAY) for each in GOOD.cells))).reasons
    assert {reason.code for reason in stale} == {"stale"}
    assert "dated 24 h ahead of this clock" in stale[0].measured


def test_a_lag_of_a_time_to_come_is_not_known() -> None:
    behind = replace(GOOD, lag_within_ms=1_000)
    assert ask(behind, facts=(Fact("lag", "reads", "0", "", START),)).status == "pass"
    (reason,) = ask(behind, facts=(Fact("lag", "reads", "0", "", START + YEAR),)).reasons
    assert (reason.code, reason.status) == ("lag", "insufficient")


def test_nobody_s_word_of_a_time_to_come_is_quiet() -> None:
    probed = Quiet(True, Said("quiet", "false", START + YEAR))
    person = Quiet(False, None, Acknowledged("ann", "seen", START + YEAR, 3))
    assert probed.word(START, DAY // 1_000_000) == person.word(START, DAY) == probed.seen(START) == "unknown"
