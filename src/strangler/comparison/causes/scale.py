"""The same number written with more or fewer digits: `10.0`, `10.00`, `1e1`."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two texts that hold one number. JSON's own numbers are compared by value and never come here."""
    if not isinstance(site.left, str) or not isinstance(site.right, str):
        return None
    if site.numbers is None:
        return None
    left, right = site.numbers
    if left != right or site.left.strip() == site.right.strip():
        return None
    return "the same number, written with other digits"


CAUSE = KnownCause(
    code="scale",
    about=frozenset({"number"}),
    explain=explain,
    good=(Example({"total": "10.0"}, {"total": "10.00"}), Example({"total": "+7"}, {"total": "7.0"})),
    bad=(Example({"total": "10.0"}, {"total": "10.01"}), Example({"total": "7"}, {"total": " 7"})),
)
