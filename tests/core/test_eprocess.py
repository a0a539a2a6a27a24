"""The e-process against the values it was specified with, and its properties."""

from __future__ import annotations

import random
from math import exp, log, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.eprocess import alpha_of, fails, interval, log_e_fail, log_e_pass, needed, passes


def four_digits(value: float) -> object:
    return pytest.approx(value, abs=0.00005)


@pytest.mark.parametrize(
    ("k", "n", "value"),
    [
        (0, 3786, 19.9919),
        (0, 3787, 20.0094),
        (1, 6654, 19.9943),
        (1, 6655, 20.0099),
        (3, 10000, 11.5361),
        (20, 10000, 0.0443),
    ],
)
def test_values_for_passing(k: int, n: int, value: float) -> None:
    assert exp(log_e_pass(k, n, 0.001)) == four_digits(value)


@pytest.mark.parametrize(
    ("k", "n", "value"), [(2, 56, 20.0882), (2, 57, 19.2262), (3, 171, 20.0393), (5, 577, 20.0406)]
)
def test_values_for_failing(k: int, n: int, value: float) -> None:
    assert exp(log_e_fail(k, n, 0.001)) == four_digits(value)


@pytest.mark.parametrize(("epsilon", "n"), [(0.01, 377), (0.001, 3787), (0.0001, 37883)])
def test_clean_comparisons_needed(epsilon: float, n: int) -> None:
    assert needed(0, epsilon, 0.05) == n
    assert passes(0, n, epsilon, 0.05)
    assert not passes(0, n - 1, epsilon, 0.05)


def test_alpha_is_spent_over_attempts() -> None:
    assert alpha_of(1, 0.05) == four_digits(0.0304)
    assert sum(alpha_of(j, 0.05) for j in range(1, 100_000)) == pytest.approx(0.05, rel=1e-4)
    assert alpha_of(2, 1) == 6 / (pi * pi * 4)
    assert needed(0, 0.001, alpha_of(1, 0.05)) == 4351
    assert needed(0, 0.001, alpha_of(30, 0.05)) == 11639
    assert needed(0, 0.01, alpha_of(2, 0.05)) == 586


def test_without_evidence_nothing_is_decided() -> None:
    assert log_e_pass(0, 0, 0.001) == pytest.approx(0)
    assert log_e_fail(0, 0, 0.001) == pytest.approx(0)
    assert not passes(0, 0, 0.001, 0.5)
    assert interval(0, 0, 0.05) == (0.0, 1.0)


def test_what_tolerates_nothing_fails_at_the_first_mismatch_and_never_passes() -> None:
    assert fails(1, 1_000_000, 0.0, 0.05)
    assert not fails(0, 1_000_000, 0.0, 0.05)
    assert not passes(0, 1_000_000, 0.0, 0.05)
    assert not fails(5, 5, 1.0, 0.05)


@given(
    k=st.integers(0, 200),
    extra=st.integers(0, 10_000),
    epsilon=st.sampled_from([0.0001, 0.001, 0.01, 0.1, 0.5]),
)
def test_passing_and_failing_exclude_each_other(k: int, extra: int, epsilon: float) -> None:
    n = k + extra
    assert not (passes(k, n, epsilon, 0.2) and fails(k, n, epsilon, 0.2))
    assert log_e_pass(k, n + 1, epsilon) >= log_e_pass(k, n, epsilon) - 1e-9
    assert log_e_pass(k + 1, n + 1, epsilon) <= log_e_pass(k, n + 1, epsilon) + 1e-9


@given(k=st.integers(0, 50), epsilon=st.sampled_from([0.001, 0.01, 0.1]))
def test_needed_is_the_first_that_passes(k: int, epsilon: float) -> None:
    found = needed(k, epsilon, 0.03)
    assert found is not None
    assert passes(k, found, epsilon, 0.03)
    assert found == k or not passes(k, found - 1, epsilon, 0.03)


def test_needed_gives_up_beyond_a_billion() -> None:
    assert needed(0, 1e-12, 0.05) is None


@given(n=st.integers(1, 5_000), data=st.data())
def test_the_interval_holds_the_observed_rate_and_ends_where_it_says(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = interval(k, n, 0.05)
    assert 0 <= low <= k / n <= high <= 1
    wider = interval(k, n, 0.01)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12
    if 0 < k < n:
        assert low < k / n < high


def test_looking_all_day_passes_a_bad_candidate_at_most_as_often_as_alpha() -> None:
    """True rate at epsilon, looked at after every comparison: the thresholds on n for each k are exact."""
    epsilon, alpha, runs, longest = 0.02, 0.05, 600, 6_000
    first = [needed(k, epsilon, alpha) or longest + 1 for k in range(200)]
    draw = random.Random(20)
    false = sum(_passes_ever(first, draw, epsilon, longest) for _ in range(runs))
    # 5 % of 600 is 30; three standard deviations above that are 46. A fixed-sample test lets 31 % through.
    assert false <= 46
    assert log(1 / alpha) > 0


def _passes_ever(first: list[int], draw: random.Random, epsilon: float, longest: int) -> bool:
    n = k = 0
    while n < longest and k < len(first):
        gap = int(log(1 - draw.random()) / log(1 - epsilon)) + 1  # comparisons up to the next mismatch
        if n + gap - 1 >= first[k]:
            return first[k] <= longest
        n, k = n + gap, k + 1
    return False
