"""The same number with the other sign: a credit note that became a charge."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two numbers (or texts that are numbers) that are each other's negative, and not zero."""
    if site.numbers is None:
        return None
    left, right = site.numbers
    if left == 0 or left != -right:
        return None
    return "the same number with the other sign"


CAUSE = KnownCause(
    code="sign",
    about=frozenset({"number"}),
    explain=explain,
    good=(Example({"total": -120}, {"total": 120}), Example({"total": "-12.50"}, {"total": "12.50"})),
    bad=(Example({"total": -120}, {"total": 121}), Example({"total": "0.00"}, {"total": "0.01"})),
)
