"""The same characters in another Unicode form: `é` as one code point or as two, a full-width digit."""

from __future__ import annotations

from unicodedata import normalize

from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two texts that are equal once both are normalized (Unicode Standard Annex 15)."""
    left, right = site.left, site.right
    if not isinstance(left, str) or not isinstance(right, str) or (left.isascii() and right.isascii()):
        return None
    if normalize("NFC", left) == normalize("NFC", right):
        return "the same characters, composed and decomposed"
    if normalize("NFKC", left) == normalize("NFKC", right):
        return "the same but for compatibility characters"
    return None


CAUSE = KnownCause(
    code="unicode",
    about=frozenset({"text"}),
    explain=explain,
    good=(
        Example(
            {"name": "Café Olé"}, {"name": "Cafe\N{COMBINING ACUTE ACCENT} Ole\N{COMBINING ACUTE ACCENT}"}
        ),
        Example({"sku": "A-12"}, {"sku": "A-\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT TWO}"}),
    ),
    bad=(Example({"name": "Café"}, {"name": "Cafe"}), Example({"name": "Größe"}, {"name": "Grösse"})),
)
