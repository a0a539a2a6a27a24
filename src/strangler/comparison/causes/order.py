"""The same items in another order."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits every difference of kind `order`; alignment has already found that the items are the same."""
    return "the same items stand in another order" if site.kind == "order" else None


CAUSE = KnownCause(
    code="order",
    about=frozenset({"list"}),
    explain=explain,
    good=(
        Example(
            {"lines": [{"sku": "A"}, {"sku": "B"}, {"sku": "C"}]},
            {"lines": [{"sku": "C"}, {"sku": "A"}, {"sku": "B"}]},
        ),
        Example({"tags": ["net30", "eu"]}, {"tags": ["eu", "net30"]}),
    ),
    bad=(Example({"tags": ["net30", "eu"]}, {"tags": ["net30", "uk"]}),),
)
