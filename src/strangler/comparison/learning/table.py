"""The learned causes, and what they say of one route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.comparison.learning import enums, renames
from strangler.comparison.learning.cause import LearnedCause
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.evidence import Learned

LEARNED: Final[tuple[LearnedCause, ...]] = (enums.CAUSE, renames.CAUSE)


def claims_of(learned: Learned) -> Iterator[Claim]:
    """What holds by the evidence of a route, as it is now."""
    for cause in LEARNED:
        yield from cause.claims(learned)
