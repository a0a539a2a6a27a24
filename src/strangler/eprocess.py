"""The statistics that may be looked at all day: a one-sided beta-mixture e-process.

k mismatches in n comparisons, tolerated rate epsilon, prior Beta(1/2, 1/2) truncated to [0, epsilon] (to
pass) or to [epsilon, 1] (to fail). By Ville's inequality E >= 1/alpha happens with probability at most
alpha under the rejected hypothesis, however often one looks (Howard et al., arXiv 1810.08240).
"""

from __future__ import annotations

from math import inf, log, pi
from typing import Final

_A: Final = 0.5
_B: Final = 0.5
_FAR: Final = 10**9


def log_e_pass(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p >= epsilon`; pass when it reaches `log(1/alpha)`."""
    from scipy.special import betainc

    if not 0 < epsilon < 1:
        return -inf
    return _log_e(k, n, epsilon, float(betainc(_A + k, _B + n - k, epsilon)), float(betainc(_A, _B, epsilon)))


def log_e_fail(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p <= epsilon`; fail when it reaches `log(1/alpha)`.

    With nothing tolerated (epsilon 0) the first mismatch decides.
    """
    from scipy.special import betaincc

    if epsilon <= 0:
        return inf if k else 0.0
    if epsilon >= 1:
        return -inf
    return _log_e(
        k, n, epsilon, float(betaincc(_A + k, _B + n - k, epsilon)), float(betaincc(_A, _B, epsilon))
    )


def _log_e(k: int, n: int, epsilon: float, posterior: float, prior: float) -> float:
    from scipy.special import betaln

    if posterior <= 0:
        return -inf
    mixture = log(posterior) + float(betaln(_A + k, _B + n - k)) - log(prior) - float(betaln(_A, _B))
    return mixture - k * log(epsilon) - (n - k) * log(1 - epsilon)


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
    from scipy.optimize import brentq
    from scipy.special import betaln, xlog1py, xlogy

    if n == 0:
        return 0.0, 1.0
    bound = float(betaln(_A + k, _B + n - k)) - float(betaln(_A, _B)) - log(1 / alpha)

    def outside(p: float) -> float:
        return bound - float(xlogy(k, p)) - float(xlog1py(n - k, -p))

    middle, edge = k / n, 1e-15
    low = 0.0 if k == 0 or outside(edge) <= 0 else float(brentq(outside, edge, middle))
    high = 1.0 if k == n or outside(1 - edge) <= 0 else float(brentq(outside, middle, 1 - edge))
    return low, high
