"""The same text but for upper and lower case."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two texts that are equal when case is folded."""
    left, right = site.left, site.right
    if (
        isinstance(left, str)
        and isinstance(right, str)
        and left != right
        and left.casefold() == right.casefold()
    ):
        return "upper and lower case"
    return None


CAUSE = KnownCause(
    code="case",
    about=frozenset({"text"}),
    explain=explain,
    good=(Example({"status": "PAID"}, {"status": "paid"}), Example({"currency": "EUR"}, {"currency": "eur"})),
    bad=(Example({"status": "PAID"}, {"status": "open"}),),
)
