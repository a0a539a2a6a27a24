"""When both are asked again after a difference: once what legacy held can be expected on the candidate too. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

FRESH_NS: Final = 60_000_000_000
"""A probe older than this says nothing; what is declared counts then."""
LONGEST_NS: Final = 60_000_000_000
"""A lag beyond this is not waited for: the difference says nothing then."""

type Probed = tuple[Decimal, int]
"""Seconds of lag, and when it was asked for (Unix nanoseconds)."""


def hopeless(declared: int | None, probed: Probed | None, now_ns: int) -> bool:
    """Whether the replication is too far behind for a second question to tell anything. `declared`: milliseconds of
    lag that the cutover allows; None when both sides see the same records.
    """
    return declared is not None and _lag_ns(declared, probed, now_ns) > LONGEST_NS


def behind(declared: int | None, probed: Probed | None, since_ns: int, now_ns: int) -> bool:
    """Whether the candidate may still lack what legacy held at `since_ns`.

    A lag of L seconds, probed at t, proves that everything up to t - L has arrived. Without such a proof the lag has to
    pass, as declared or, where that is longer, as probed: only then a difference is nobody's lag.
    """
    if declared is None:
        return False
    if probed is not None and probed[1] - _ns(probed) >= since_ns:
        return False
    longest = max(declared * 1_000_000, _lag_ns(declared, probed, now_ns))
    return now_ns < since_ns + longest


def _lag_ns(declared: int, probed: Probed | None, now_ns: int) -> int:
    if probed is None or now_ns - probed[1] > FRESH_NS:
        return declared * 1_000_000
    return _ns(probed)


def _ns(probed: Probed) -> int:
    return int(probed[0] * 1_000_000_000)
