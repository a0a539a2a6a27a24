"""Card numbers and IBANs in any text.

A card number is a run of whole groups of digits, 13 to 19 in all, that passes Luhn (ISO/IEC 7812-1). Groups
may be parted by one or two spaces or hyphens, or by single points; the digits of a longer number are not
searched for cards, or every long number would hold one. An IBAN has the length of its country (ISO 13616)
and is 1 mod 97.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

type Replacement = Callable[[str, str], str]
"""Kind (`card`, `iban`) and bare value, to what takes its place."""

_SPACES: Final = " \u00a0\u2007\u2009\u202f"
_DASHES: Final = "\\-\u2010\u2011\u2012\u2013\u2212"
_RUN: Final = re.compile(rf"\d(?:[{_SPACES}{_DASHES}]{{0,2}}\d)+|\d", re.UNICODE)
_POINTED: Final = re.compile(r"\d+(?:\.\d+)+", re.UNICODE)
_GROUP: Final = re.compile(r"\d+", re.UNICODE)
_PART: Final = rf"[{_SPACES}{_DASHES}]{{0,2}}"
_IBAN_START: Final = re.compile(rf"([A-Za-z]{_PART}[A-Za-z]){_PART}([0-9]){_PART}([0-9])")
_IBAN_REST: Final = re.compile(rf"{_PART}([A-Za-z0-9])")
_ALNUM: Final = re.compile(r"[A-Za-z0-9]")
_LEAST, _MOST = 13, 19

IBAN_LENGTHS: Final[dict[str, int]] = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FK", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def is_card(digits: str) -> bool:
    """13 to 19 digits that pass Luhn, not all of them zero."""
    if not _LEAST <= len(digits) <= _MOST or not any(int(digit) for digit in digits):
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(value: str) -> bool:
    """A bare IBAN (no separators): check digits right, and the length that of its country, where that is
    known.
    """
    value = value.upper()
    length = IBAN_LENGTHS.get(value[:2])
    if length is None and not 15 <= len(value) <= 34:
        return False
    if length is not None and len(value) != length:
        return False
    moved = value[4:] + value[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def without_numbers(text: str, replacement: Replacement) -> str:
    """The text with every card number and IBAN replaced."""
    text = _without_ibans(text, replacement)
    for runs in (_RUN, _POINTED):
        text = runs.sub(lambda run: _without_cards(run[0], replacement), text)
    return text


def _without_cards(run: str, replacement: Replacement) -> str:
    groups = list(_GROUP.finditer(run))
    out: list[str] = []
    done, start = 0, 0
    while start < len(groups):
        end = _card_end(groups, start)
        if end is None:
            start += 1
            continue
        bare = "".join(str(int(digit)) for group in groups[start:end] for digit in group[0])
        out += [run[done : groups[start].start()], replacement("card", bare)]
        done, start = groups[end - 1].end(), end
    return "".join(out) + run[done:]


def _card_end(groups: list[re.Match[str]], start: int) -> int | None:
    """The longest card that begins with this group: the index after its last group."""
    digits, found = "", None
    for index in range(start, len(groups)):
        digits += groups[index][0]
        if len(digits) > _MOST:
            break
        if is_card(digits):
            found = index + 1
    return found


def _without_ibans(text: str, replacement: Replacement) -> str:
    out: list[str] = []
    done = 0
    start = _IBAN_START.search(text)
    while start is not None:
        found = _iban_at(text, start)
        if found is not None:
            bare, end = found
            out += [text[done : start.start()], replacement("iban", bare)]
            done = end
        start = _IBAN_START.search(text, start.start() + 1 if found is None else done)
    return "".join(out) + text[done:] if out else text


def _iban_at(text: str, start: re.Match[str]) -> tuple[str, int] | None:
    """The bare IBAN that begins with this match, and where it ends."""
    bare, end = start[1][0] + start[1][-1] + start[2] + start[3], start.end()
    known = IBAN_LENGTHS.get(bare[:2].upper())
    while len(bare) < (known or 34) and (following := _IBAN_REST.match(text, end)):
        bare, end = bare + following[1], following.end()
    if known is None and start.start() and _ALNUM.match(text, start.start() - 1):
        return None  # a country nobody knows, in the middle of a word
    return (bare.upper(), end) if is_iban(bare) else None
