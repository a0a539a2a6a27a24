"""Another currency."""

from __future__ import annotations

import re
from typing import Final

from strangler.comparison.amounts import is_currency_name
from strangler.comparison.causes.site import Example, KnownCause, Site

_CODE: Final = re.compile(r"[A-Za-z]{3}")


def explain(site: Site) -> str | None:
    """Fits two three-letter codes under a name that speaks of currency."""
    left, right = site.left, site.right
    if not isinstance(left, str) or not isinstance(right, str) or not is_currency_name(site.name):
        return None
    if not _CODE.fullmatch(left) or not _CODE.fullmatch(right) or left.upper() == right.upper():
        return None
    return "another currency"


CAUSE = KnownCause(
    code="currency",
    about=frozenset({"text"}),
    explain=explain,
    good=(
        Example({"currency": "EUR"}, {"currency": "GBP"}),
        Example({"currency_code": "eur"}, {"currency_code": "usd"}),
    ),
    bad=(Example({"currency": "EUR"}, {"currency": "eur"}), Example({"country": "DEU"}, {"country": "FRA"})),
)
