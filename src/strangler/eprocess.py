"""The statistics that may be looked at all day: a one-sided beta-mixture e-process.

k mismatches in n comparisons, tolerated rate epsilon, prior Beta(1/2, 1/2) truncated to [0, epsilon] (to
pass) or to [epsilon, 1] (to fail). By Ville's inequality E >= 1/alpha happens with probability at most
alpha under the rejected hypothesis, however often one looks (Howard et al., arXiv 1810.08240).
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, asin, inf, log, pi, sqrt
from typing import Final

from strangler.beta import log_below, log_whole

_FAR: Final = 10**9
_EDGE: Final = 1e-15
"""The interval's ends are sought between here and one minus it."""
_HALVINGS: Final = 60
"""They divide the way from `_EDGE` to 1 down to the last digit of a double."""


def log_e_pass(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p >= epsilon`; pass when it reaches `log(1/alpha)`."""
    if not 0 < epsilon < 1:
        return -inf
    prior = 2 * asin(sqrt(epsilon))  # the integral of the prior over the same rates
    return log_below(k, n, epsilon, 1 - epsilon) - log(prior)


def log_e_fail(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p <= epsilon`; fail when it reaches `log(1/alpha)`.

    With nothing tolerated (epsilon 0) the first mismatch decides.
    """
    if epsilon <= 0:
        return inf if k else 0.0
    if epsilon >= 1:
        return -inf
    prior = 2 * acos(sqrt(epsilon))
    return log_below(n - k, n, 1 - epsilon, epsilon) - log(prior)


def alpha_of(attempt: int, alpha: float) -> float:
    """The part of alpha that the j-th attempt (from 1) may use: 6 alpha / (pi^2 j^2), which sums to alpha."""
    return 6 * alpha / (pi * pi * attempt * attempt)


def passes(k: int, n: int, epsilon: float, alpha: float) -> bool:
    """Whether `p >= epsilon` is rejected."""
    return log_e_pass(k, n, epsilon) >= log(1 / alpha)


def fails(k: int, n: int, epsilon: float, alpha: float) -> bool:
    """Whether `p <= epsilon` is rejected."""
    return log_e_fail(k, n, epsilon) >= log(1 / alpha)


def needed(k: int, epsilon: float, alpha: float) -> int | None:
    """The smallest n that passes with k mismatches; None when it is more than 10^9.

    For a given k the e-process only rises with n, so halving finds it.
    """
    low, high = k, max(2 * k, 1)
    while not passes(k, high, epsilon, alpha):
        low, high = high, high * 2
        if high > _FAR:
            return None
    while low < high:
        middle = (low + high) // 2
        if passes(k, middle, epsilon, alpha):
            high = middle
        else:
            low = middle + 1
    return high


def interval(k: int, n: int, alpha: float) -> tuple[float, float]:
    """The two-sided confidence sequence for the mismatch rate at level 1 - alpha; (0, 1) without
    comparisons.
    """
    if n == 0:
        return 0.0, 1.0
    level = log(pi / alpha)  # pi: the integral of the whole prior

    def outside(p: float) -> bool:
        return log_whole(k, n, p, 1 - p) >= level

    middle = max(k / n, _EDGE)
    low = _end(outside, _EDGE, middle) if k and outside(_EDGE) else 0.0
    high = _end(outside, 1 - _EDGE, middle) if k < n and outside(1 - _EDGE) else 1.0
    return low, high


def _end(outside: Callable[[float], bool], out: float, within: float) -> float:
    """Where the interval ends between a rate outside and one within: halved on the scale of logarithms."""
    for _ in range(_HALVINGS):
        middle = sqrt(out * within)
        if outside(middle):
            out = middle
        else:
            within = middle
    return out
