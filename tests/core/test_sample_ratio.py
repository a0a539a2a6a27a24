"""The sequential multinomial test: the published value, its edges, and that looking all day changes nothing."""

from __future__ import annotations

import random
from itertools import accumulate, pairwise
from math import exp, inf, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.sample_ratio import log_e, p_value

CANARY = (0.95, 0.05)


def test_the_value_it_is_known_by() -> None:
    assert f"{p_value(log_e((9400, 600), CANARY)):.4f}" == "0.0006"


@pytest.mark.parametrize(
    ("counts", "weights", "p"),
    [
        ((0, 0), CANARY, 1.0),
        ((9500, 500), CANARY, 1.0),
        ((10_000, 0), (1.0, 0.0), 1.0),
        ((0, 7), (0.0, 1.0), 1.0),
        ((1, 9_999), (0.0, 1.0), 0.0),
    ],
    ids=["nothing", "as it should be", "all by legacy", "all by the candidate", "what cannot be"],
)
def test_edges(counts: tuple[int, int], weights: tuple[float, float], p: float) -> None:
    assert p_value(log_e(counts, weights)) == p


def test_as_many_counts_as_weights() -> None:
    with pytest.raises(ValueError, match="longer"):
        log_e((1,), CANARY)


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 9_999))
def test_it_is_the_product_of_what_each_draw_was_predicted_at(draws: list[bool], basis_points: int) -> None:
    """The closed form against the definition: predictive probability under the prior over that by the weights."""
    weights = (1 - basis_points / 10_000, basis_points / 10_000)
    counts, product = [0, 0], 0.0
    for draw in draws:
        predicted = (100 * weights[draw] + counts[draw]) / (100 + sum(counts))
        product += log(predicted / weights[draw])
        counts[draw] += 1
    assert isclose(log_e(counts, weights), product, abs_tol=1e-8)


@given(st.integers(1, 9_999))
def test_before_a_draw_nothing_is_expected_of_it(basis_points: int) -> None:
    """E is a martingale: under the weights the next draw leaves it, on average, where it is."""
    weights = (1 - basis_points / 10_000, basis_points / 10_000)
    after = [exp(log_e((9 + (side == 0), 1 + (side == 1)), weights)) for side in (0, 1)]
    assert isclose(
        sum(weight * e for weight, e in zip(weights, after, strict=True)), exp(log_e((9, 1), weights))
    )


def test_looking_after_every_draw_keeps_the_risk() -> None:
    draw, false = random.Random(7), 0
    for _ in range(200):
        candidate = [0, *accumulate(draw.random() < 0.05 for _ in range(600))]
        highest = max(log_e((n - k, k), CANARY) for n, k in enumerate(candidate))
        assert all(later - earlier in (0, 1) for earlier, later in pairwise(candidate))
        false += p_value(highest) < 0.05
    assert false <= 20
    assert p_value(inf) == 0.0
