"""The same text but for its spaces."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two texts that are equal when runs of white space become one space and the ends are trimmed."""
    left, right = site.left, site.right
    if isinstance(left, str) and isinstance(right, str) and left != right and left.split() == right.split():
        return "other white space"
    return None


CAUSE = KnownCause(
    code="whitespace",
    about=frozenset({"date", "number", "text"}),
    explain=explain,
    good=(
        Example({"name": "Ada  Lovelace "}, {"name": "Ada Lovelace"}),
        Example({"name": "a\r\nb"}, {"name": "a\nb"}),
    ),
    bad=(Example({"name": "AdaLovelace"}, {"name": "Ada Lovelace"}),),
)
