"""Off by a few minor units: rounded per line on one side, on the total on the other; half-up against half-even.

Rounding a sum once instead of each of its n lines moves it by half a unit a line at most; what is further apart
than that is no rounding. Where the document has quantities, prices and rates, the detail says how each side rounds.
"""

from __future__ import annotations

from typing import Final

from strangler.comparison.amounts import minor_digits
from strangler.comparison.causes.recomputed import how_rounded
from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node, Path
from strangler.comparison.values import EXACT, digits_after_point

_FEWEST: Final = 1
_MOST: Final = 25


def explain(site: Site) -> str | None:
    """Fits two amounts, or two numbers with digits after the point, that close together."""
    if site.numbers is None:
        return None
    left, right = site.numbers
    apart = abs(EXACT.subtract(left, right))
    if apart > _MOST:  # and more so in any smaller unit
        return None
    digits = max(digits_after_point(left), digits_after_point(right))
    if not digits and not site.amount:
        return None
    if site.currency is not None and digits:
        # Finer than the minor unit (a unit price of 0.0125): the finer digits are what was rounded.
        digits = max(digits, minor_digits(site.currency))
    units = apart.scaleb(digits)
    if units > _MOST:
        return None
    lines = max(_lines(site.left_root, site.path), _lines(site.right_root, site.counterpart))
    most = min(_MOST, max(_FEWEST, (lines + 1) // 2))
    if units > most or (units > _FEWEST and 10 * abs(left - right) > max(abs(left), abs(right))):
        return None
    off = f"off by {int(units)} in the last digit"
    how = how_rounded(site.left_root, site.path, left, right, digits)
    return f"{off}: {how}" if how else off


def _lines(root: Node, path: Path) -> int:
    """Items of the longest list beside the value or beside what it stands in."""
    longest = 0
    node = root
    for step in path:
        if isinstance(node, dict):
            longest = max([longest, *(len(child) for child in node.values() if isinstance(child, list))])
            node = node.get(step) if isinstance(step, str) else None
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            # Inside of an item its own lists count, not the list it stands in.
            longest, node = 0, node[step]
    return longest


CAUSE = KnownCause(
    code="rounding",
    about=frozenset({"number"}),
    explain=explain,
    good=(
        Example({"currency": "EUR", "total": "100.02"}, {"currency": "EUR", "total": "100.03"}),
        Example(
            {"currency": "EUR", "total": "100.02", "lines": [1, 2, 3, 4, 5, 6]},
            {"currency": "EUR", "total": "100.05", "lines": [1, 2, 3, 4, 5, 6]},
        ),
        Example({"currency": "JPY", "total": 5401}, {"currency": "JPY", "total": 5402}),
        Example(
            {"currency": "EUR", "net": "0.49", "lines": [{"quantity": 5, "unit_price": "0.097"}]},
            {"currency": "EUR", "net": "0.48", "lines": [{"quantity": 5, "unit_price": "0.097"}]},
        ),
    ),
    bad=(
        Example({"currency": "EUR", "total": "100.02"}, {"currency": "EUR", "total": "100.06"}),
        Example({"currency": "EUR", "total": "100.02"}, {"currency": "EUR", "total": "102.02"}),
        Example({"quantity": 5}, {"quantity": 6}),
    ),
)
