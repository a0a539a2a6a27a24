"""The beta integrals against scipy where scipy can follow, and against what they must satisfy everywhere."""

from __future__ import annotations

from math import exp, log, log1p, pi
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.beta import log_below, log_whole

RATES: Final = (1e-6, 3e-5, 0.001, 0.01, 0.07, 0.3, 0.5)
COMPARISONS: Final = (0, 1, 7, 100, 3_000, 100_000, 4_000_000, 10**9)
MISMATCHES: Final = (0, 1, 2, 5, 30, 400, 10_000)
UNDERFLOW: Final = 1e-280
"""Nearer to the smallest double, scipy's own integrals lose their digits."""


def points() -> list[tuple[int, int, float]]:
    """A grid, and for each n and rate what lies around the mean, where both sides of the integral count."""
    found = {(k, n, p) for n in COMPARISONS for p in RATES for k in MISMATCHES if k <= n}
    for n in COMPARISONS:
        for p in RATES:
            spread = (n * p * (1 - p)) ** 0.5 + 1
            around = (round(n * p + steps * spread) for steps in (-5, -1, 0, 0.3, 1, 5, 12))
            found |= {(k, n, p) for k in around if 0 <= k <= n}
    return sorted(found)


def test_both_sides_of_the_integral_agree_with_scipy() -> None:
    from scipy.special import betainc, betaincc

    compared = {"below": 0, "above": 0}
    for k, n, p in points():
        whole = log_whole(k, n, p, 1 - p)
        tolerance = 1e-12 if n <= 100_000 else 2e-10
        for side, ours, theirs in (
            ("below", log_below(k, n, p, 1 - p), betainc(k + 0.5, n - k + 0.5, p)),
            ("above", log_below(n - k, n, 1 - p, p), betaincc(k + 0.5, n - k + 0.5, p)),
        ):
            if theirs > UNDERFLOW:
                assert exp(ours - whole) == pytest.approx(float(theirs), rel=tolerance), (side, k, n, p)
                compared[side] += 1
    assert min(compared.values()) > 200


def test_where_scipy_underflows_the_logarithm_stands() -> None:
    from scipy.special import betainc

    assert betainc(400.5, 1.5e6, 1e-6) == 0
    # 400 mismatches where 1.5 are tolerated: the integrand at its edge, over how steeply it rises there.
    assert log_below(400, 1_500_000, 1e-6, 1 - 1e-6) == pytest.approx(log(1e-3 / 399), abs=0.01)


RATE = st.floats(1e-6, 0.5)
COUNTS = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(lambda two: (min(two), max(two)))
FEW = st.tuples(st.integers(0, 10_000), st.integers(0, 10**6)).map(lambda two: (two[0], sum(two)))


@given(counts=st.one_of(COUNTS, FEW), p=RATE)
def test_one_more_comparison_gains_on_average_nothing(counts: tuple[int, int], p: float) -> None:
    """What makes E a fair game at `p`: E(k, n) = p E(k + 1, n + 1) + (1 - p) E(k, n + 1), on either side."""
    k, n = counts
    q = 1 - p
    for now, mismatch, equal in (
        (log_below(k, n, p, q), log_below(k + 1, n + 1, p, q), log_below(k, n + 1, p, q)),
        (log_below(n - k, n, q, p), log_below(n - k, n + 1, q, p), log_below(n - k + 1, n + 1, q, p)),
        (log_whole(k, n, p, q), log_whole(k + 1, n + 1, p, q), log_whole(k, n + 1, p, q)),
    ):
        step = p * exp(mismatch - now) + q * exp(equal - now)
        assert step == pytest.approx(1, abs=max(1e-9, 4e-15 * abs(now)))


@given(counts=st.one_of(COUNTS, FEW), p=RATE)
def test_the_two_sides_make_the_whole(counts: tuple[int, int], p: float) -> None:
    k, n = counts
    q = 1 - p
    whole, below, above = log_whole(k, n, p, q), log_below(k, n, p, q), log_below(n - k, n, q, p)
    assert exp(below - whole) + exp(above - whole) == pytest.approx(1, abs=1e-9)
    assert max(below, above) <= whole + 1e-9
    assert whole == pytest.approx(log_whole(n - k, n, q, p), abs=1e-9, rel=1e-13)


@given(k=st.integers(0, 10_000), more=st.integers(0, 10**6), p=RATE)
def test_an_equal_answer_speaks_for_passing_a_mismatch_against(k: int, more: int, p: float) -> None:
    q = 1 - p
    n = k + more
    assert log_below(k, n + 1, p, q) >= log_below(k, n, p, q) - 1e-11
    assert log_below(k + 1, n + 1, p, q) <= log_below(k, n + 1, p, q) + 1e-11


def test_without_comparisons_it_is_the_prior() -> None:
    assert log_whole(0, 0, 0.5, 0.5) == pytest.approx(log(pi), abs=1e-15)
    assert log_below(0, 0, 0.5, 0.5) == pytest.approx(log(pi / 2), abs=1e-15)


def test_one_comparison_by_hand() -> None:
    """The integral of t^(1/2) (1-t)^(-1/2) over 0 to 1/4 is pi/6 - 3^(1/2)/4, of (1-t)^(1/2) t^(-1/2) pi/6 + it."""
    third, rest = pi / 6, 3**0.5 / 4
    assert exp(log_below(1, 1, 0.25, 0.75)) == pytest.approx((third - rest) * 4, rel=1e-14)
    assert exp(log_below(0, 1, 0.25, 0.75)) == pytest.approx((third + rest) * 4 / 3, rel=1e-14)
    assert log_whole(1, 1, 0.25, 0.75) == pytest.approx(log(pi / 2) - log1p(-0.75), rel=1e-14)
