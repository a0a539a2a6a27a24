"""The beta integrals under the e-process, as logarithms: the gate decides where the integrals themselves underflow.

Everywhere the weight is t^(k - 1/2) (1 - t)^(n - k - 1/2), divided by p^k q^(n - k) with q = 1 - p: what k mismatches
in n comparisons say about the rate t, against the rate p. Undivided, both sides of that quotient have logarithms of a
size with n whose difference is what counts; here the powers are cancelled on paper, and nothing large is subtracted.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p, pi, sqrt
from typing import Final

_HALF_LOG_2PI: Final = log(2 * pi) / 2
_LARGE: Final = 16.0
"""From here on five terms of Stirling's series are exact to the last digit of a double."""
_MOST_TERMS: Final = 100_000
"""Far more than the fraction takes: 30 terms for what a gate sees, 4,300 at 5 * 10^8 mismatches in 10^9."""


def log_below(k: int, n: int, p: float, q: float) -> float:
    """The logarithm of the integral over rates from 0 to p; above p it is that of n - k, n, q, p."""
    a, b = k + 0.5, n - k + 0.5
    root = sqrt(p * q)
    if (a + b + 2) * p <= a + 1:
        return log(root * _fraction(a, b, p, q))
    whole = log_whole(k, n, p, q)
    return whole + log1p(-root * _fraction(b, a, q, p) * exp(-whole))


def log_whole(k: int, n: int, p: float, q: float) -> float:
    """The logarithm of the integral over all rates: B(k + 1/2, n - k + 1/2) / (p^k q^(n - k))."""
    a, b, both = k + 0.5, n - k + 0.5, n + 1.0
    excess = _excess(a, b, p, q)
    powers = k * _log_ratio(a, both * p, excess) + (n - k) * _log_ratio(b, both * q, -excess)
    return powers + _HALF_LOG_2PI - log(both) / 2 + _stirling(a) + _stirling(b) - _stirling(both)


def _fraction(a: float, b: float, p: float, q: float) -> float:
    """The integral from 0 to p of t^(a-1) (1-t)^(b-1), over p^a q^b, for p up to (a + 1) / (a + b + 2).

    It is the even part of the continued fraction DLMF 8.17.22 (DiDonato and Morris, TOMS 708), by Lentz's method: half
    the terms, and no difference of numbers that a large n makes nearly equal.
    """
    excess = _excess(a, b, p, q)
    below = value = a / (a + 1) * (excess + 1)
    above = 0.0
    for m in range(1, _MOST_TERMS):
        odd = a + 2 * m - 1
        numerator = (a + m - 1) * (a + b + m - 1) * m * (b - m) * p * p / (odd * odd)
        denominator = m + m * (b - m) * p / odd + (a + m) / (odd + 2) * (excess + 1 + m * (1 + q))
        above = 1 / (denominator + numerator * above)
        below = denominator + numerator / below
        value *= below * above
        if abs(below * above - 1) < 1e-15:
            break
    return 1 / value


def _excess(a: float, b: float, p: float, q: float) -> float:
    """`a - (a + b) p`, from the smaller of p and q: 1 - p has lost what a small p knew."""
    return a - (a + b) * p if p < q else (a + b) * q - b


def _log_ratio(value: float, reference: float, difference: float) -> float:
    """ln(value / reference), exact also where the two nearly agree."""
    near = abs(difference) < reference / 2
    return log1p(difference / reference) if near else log(value / reference)


def _stirling(z: float) -> float:
    """What Stirling's formula leaves of ln Gamma(z): about 1 / (12 z)."""
    if z < _LARGE:
        return lgamma(z) - ((z - 0.5) * log(z) - z + _HALF_LOG_2PI)
    r = 1 / (z * z)
    return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / z
