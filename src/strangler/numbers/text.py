"""A number as it is written, taken apart."""

from __future__ import annotations

import re
from typing import Final, Literal

type Place = Literal["first", "last"]
"""Which run of digits counts up."""

_DIGITS: Final[dict[Place, re.Pattern[str]]] = {
    "first": re.compile(r"^([^0-9]*)([0-9]+)(.*)$", re.DOTALL),
    "last": re.compile(r"^(.*?)([0-9]+)([^0-9]*)$", re.DOTALL),
}
_LONGEST_TEXT: Final = 64
_LONGEST_RUN: Final = 12
_KEPT: Final = 9


def parted(text: str, counter: Place = "last") -> tuple[str, int] | None:
    """What stands around the counter, and the counter: the last run of digits. `RE-2026-0007` is `RE-2026-` and 7.
    With the `first` one, `0007/2026` is `#/2026` and 7.

    Of a run longer than 12 digits the last nine are the counter, and the rest stands before it. None where there is no
    digit, or the text is longer than 64 characters.
    """
    found = _DIGITS[counter].match(text) if len(text) <= _LONGEST_TEXT else None
    if found is None:
        return None
    before, digits, after = found.groups()
    if len(digits) > _LONGEST_RUN:
        before, digits = before + digits[:-_KEPT], digits[-_KEPT:]
    return before + (f"#{after}" if after else ""), int(digits)
