"""Whether what was split is split as it was to be: a sequential multinomial test.

Counts of draws that should fall into categories with probabilities `weights`; the alternative is a Dirichlet prior
`concentration * weights`. By Ville's inequality 1/E falls below alpha with probability at most alpha if the weights
hold, however often one looks; its running minimum is the sequential p (Lindon & Malek, Anytime-valid inference for
multinomial count data, NeurIPS 2022, arXiv 2011.03567).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, lgamma, log

CONCENTRATION = 100.0
"""How firmly the prior holds to the weights: 100 is the authors' own, made for small deviations."""


def log_e(counts: Sequence[int], weights: Sequence[float], concentration: float = CONCENTRATION) -> float:
    """Natural logarithm of E against `the draws fall by these weights`. `weights` sum to 1.

    A draw that cannot be (weight 0) decides at once. Raises ValueError for counts that are not as many as weights.
    """
    total, value = 0, 0.0
    for count, weight in zip(counts, weights, strict=True):
        if weight <= 0:
            if count:
                return inf
            continue
        prior = concentration * weight
        total += count
        value += lgamma(prior + count) - lgamma(prior) - count * log(weight)
    return value + lgamma(concentration) - lgamma(concentration + total)


def p_value(highest_log_e: float) -> float:
    """The sequential p of the highest `log_e` so far (0 where nothing was drawn)."""
    return min(1.0, exp(-highest_log_e))
