"""How far a person wants a cutover to go: a phase, or a weight of the canary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from strangler.cutover import standing_words
from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.cutover import CutoverState

_WEIGHT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%?")


def reached(ahead: Sequence[CutoverState], target: str, now: CutoverState) -> CutoverState:
    """The first of the states ahead that is what was asked for. Raises UsageError naming those there are."""
    weight = _WEIGHT.fullmatch(target.strip())
    for state in ahead:
        if weight and state.phase == "canary" and state.weight == int(Decimal(weight[1]) * 100):
            return state
        if state.phase == target:
            return state
    words = ", ".join(standing_words(state) for state in ahead)
    raise UsageError(
        f"`{target}` is not ahead of it: it is in {standing_words(now)}",
        where=f"cutover {now.name}",
        remedy=f"ahead: {words}" if ahead else "it is at the end of its way",
    )
