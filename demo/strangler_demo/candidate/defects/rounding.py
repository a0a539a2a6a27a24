"""The tax is rounded once, half-even, on the document's total; it should be half-up on every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.pricing import PricedLine, half_even


def rounding(sound: Behaviour) -> Behaviour:
    """Half-even rounding on the total."""
    return replace(sound, document_tax=_on_the_total)


def _on_the_total(lines: Sequence[PricedLine]) -> int:
    return half_even(sum(line.net * line.vat_bp for line in lines), 10_000)
