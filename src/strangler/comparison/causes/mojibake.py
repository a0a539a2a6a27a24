"""UTF-8 that was read as Windows-1252 or Latin-1 on one side: `StraÃŸe` for `Straße`."""

from __future__ import annotations

from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site

_READ_AS: Final = (("cp1252", "Windows-1252"), ("latin-1", "Latin-1"))


def explain(site: Site) -> str | None:
    """Fits two texts one of which is the other's UTF-8 bytes in a charset of one byte a character."""
    left, right = site.left, site.right
    if not isinstance(left, str) or not isinstance(right, str) or len(left) == len(right):
        return None
    shorter, longer = sorted((left, right), key=len)
    for charset, name in _READ_AS:
        try:
            if shorter.encode().decode(charset) == longer:
                return f"UTF-8 read as {name}"
        except UnicodeError:
            continue
    return None


CAUSE = KnownCause(
    code="mojibake",
    about=frozenset({"text"}),
    explain=explain,
    good=(
        Example({"street": "Hafenstraße 12"}, {"street": "HafenstraÃŸe 12"}),
        Example({"name": "Société Générale"}, {"name": "SociÃ©tÃ© GÃ©nÃ©rale"}),
    ),
    bad=(
        Example({"name": "Müller"}, {"name": "Mueller"}),
        Example({"name": "Müller"}, {"name": "M?ller"}),
    ),
)
