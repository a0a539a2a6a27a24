"""An amount in minor units where the other side has major ones: x 10, x 100, x 1000."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site

_POWERS: Final = {Decimal(10) ** power: power for power in range(1, 7)}


def explain(site: Site) -> str | None:
    """Fits two numbers one of which is the other times a power of ten. 10 ⁻⁴ is the finest minor unit there is."""
    if site.numbers is None:
        return None
    left, right = site.numbers
    if not left or not right:
        return None
    smaller, larger = sorted((abs(left), abs(right)))
    if larger < 10 * smaller:
        return None
    for factor, power in _POWERS.items():
        if smaller * factor == larger and (left > 0) == (right > 0):
            return f"one is the other times 10^{power}"
    return None


CAUSE = KnownCause(
    code="minor-units",
    about=frozenset({"number"}),
    explain=explain,
    good=(
        Example({"currency": "JPY", "total": 5400}, {"currency": "JPY", "total": 540000}),
        Example({"currency": "EUR", "total": "12.34"}, {"currency": "EUR", "total": 1234}),
    ),
    bad=(
        Example({"total": "12.34"}, {"total": "12.40"}),
        Example({"total": 0}, {"total": 100}),
        Example({"total": -12}, {"total": 1200}),
    ),
)
