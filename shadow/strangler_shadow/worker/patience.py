"""How long after a difference both sides are asked again. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

FRESH_NS: Final = 60_000_000_000
"""A probe older than this says nothing; what is declared counts then."""
LONGEST_MS: Final = 60_000
"""A lag beyond this is not waited for: the difference says nothing then."""

type Probed = tuple[Decimal, int]
"""Seconds of lag, and when it was probed (Unix nanoseconds)."""


def reask_ms(reask: int, declared: int | None, probed: Probed | None, now_ns: int) -> int | None:
    """`worker.reask`, or the lag where that is longer: as probed, or as declared while the probe is silent.

    `declared`: milliseconds of lag that the cutover allows; None when both sides see the same records. None comes
    back when the replication is too far behind for a second question to tell anything.
    """
    if declared is None:
        return reask
    silent = probed is None or now_ns - probed[1] > FRESH_NS
    lag = declared if silent or probed is None else int(probed[0] * 1000)
    return None if lag > LONGEST_MS else max(reask, lag)
