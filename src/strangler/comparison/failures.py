"""Comparisons that failed: no comparable answer, why, and whose fault it is."""

from __future__ import annotations

from strangler.comparison.model import Cause, Difference, Location, Outcome
from strangler.exchange import FailureReason, Side


def failed(
    reason: FailureReason,
    *,
    blame: Side | None,
    detail: str = "",
    left: int | None = None,
    right: int | None = None,
) -> Outcome:
    """A failed outcome. `left` and `right` are the statuses, where there are any.

    What a side caused (`blame`) is a difference of kind `failed` at the status, so it has a fingerprint like any
    other; what we shed ourselves (`blame` None) is coverage lost and no divergence.
    """
    differences: tuple[Difference, ...] = ()
    if blame is not None:
        differences = (
            Difference(Location("status"), "failed", left, right, cause=Cause(reason, detail), pattern=()),
        )
    return Outcome("failed", differences, failure=reason, failure_detail=detail, blame=blame)
