"""What a time that somebody else wrote down is worth. Pure.

Clocks jump. What was dated while one was wrong is neither fresh for as long as it was ahead, nor does it stand in the
way of what is said after it was set right.
"""

from __future__ import annotations

from typing import Final

SKEW_NS: Final = 300_000_000_000
"""How far the clocks of two machines may be apart."""
PROBE_STALE_NS: Final = 60_000_000_000
"""What a probe said longer ago than this says nothing."""


def fresh(at_ns: int, now_ns: int, within_ns: int) -> bool:
    """Whether it is of the time `within_ns` before now; after now by no more than that, nor than `SKEW_NS`."""
    return -min(within_ns, SKEW_NS) <= now_ns - at_ns <= within_ns


def ahead(at_ns: int, now_ns: int) -> bool:
    """Whether it is dated so far after now that a clock must have been wrong."""
    return at_ns - now_ns > SKEW_NS
