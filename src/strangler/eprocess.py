"""The statistics that may be looked at all day: a one-sided beta-mixture e-process.

k mismatches in n comparisons, tolerated rate epsilon, prior Beta(1/2, 1/2) truncated to [0, epsilon] (to pass) or
to [epsilon, 1] (to fail). By Ville's inequality E >= 1/alpha happens with probability at most alpha under the
rejected hypothesis, however often one looks (Howard et al., arXiv 1810.08240).
"""

from __future__ import annotations


def log_e_pass(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p >= epsilon`; pass when it reaches `log(1/alpha)`."""
    raise NotImplementedError


def log_e_fail(k: int, n: int, epsilon: float) -> float:
    """Natural logarithm of E against `p <= epsilon`; fail when it reaches `log(1/alpha)`."""
    raise NotImplementedError


def alpha_of(attempt: int, alpha: float) -> float:
    """The part of alpha that the j-th attempt (from 1) may use: 6 alpha / (pi^2 j^2), which sums to alpha."""
    raise NotImplementedError


def needed(k: int, epsilon: float, alpha: float, *, at_least: int = 0) -> int | None:
    """The smallest n, at least `at_least`, that passes with k mismatches; None when more than 10^9."""
    raise NotImplementedError


def interval(k: int, n: int, alpha: float) -> tuple[float, float]:
    """The two-sided confidence sequence for the mismatch rate at level 1 - alpha; (0, 1) without comparisons."""
    raise NotImplementedError
