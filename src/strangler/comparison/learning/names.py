"""Which values may be names out of a closed set at all: what an enumeration holds, and nothing that is counted."""

from __future__ import annotations

import re
from typing import Final

from strangler.comparison.amounts import is_currency_name, name_of, named_like_money
from strangler.comparison.causes.identifier import named_like_an_id
from strangler.comparison.model import Difference, Node
from strangler.comparison.values import number_in

_NAME: Final = re.compile(r"\w[\w.:/+&-]{0,39}(?: [\w.:/+&-]{1,20}){0,2}")
_LONGEST: Final = 40
_MOST_DIGITS: Final = 3
"""A text with more holds a number, a date or a reference."""
_LARGEST_CODE: Final = 999
_CAUSES: Final = frozenset({"unexplained", "case", "type", "truncation", "null-or-absent"})
"""What a single pair may say of one of an enumeration's values. Any other cause knows better what happened."""
_FREE_NAMES: Final = """
    name title description desc note notes comment comments remark remarks message text memo subject reason street
    address city email mail phone fax url uri link href path file filename host ip user author by
"""
_FREE: Final = frozenset(_FREE_NAMES.split())
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def no_name(difference: Difference) -> str:
    """Why what changed here cannot be a value of an enumeration; empty where it can."""
    name = name_of(difference.location.path)
    if difference.severity == "money" or difference.drift is not None or named_like_money(name):
        return "money"
    if difference.cause.code not in _CAUSES:
        return difference.cause.code
    if is_currency_name(name):
        return "currency"
    if named_like_an_id(name):
        return "id"
    if _free_text(name):
        return "free text"
    return _no_names(difference.left, difference.right)


def _no_names(left: Node, right: Node) -> str:
    if number_in(left) is not None and number_in(right) is not None:
        # One off is one to one, too: what is counted or measured must never pass for a name.
        return "numbers"
    if isinstance(left, bool) and isinstance(right, bool):
        return "true and false"
    return "" if is_name(left) and is_name(right) else "not a name"


def is_name(value: Node) -> bool:
    """A short text of at most three words and three digits, a code of at most three, a truth value, null."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return 0 <= value <= _LARGEST_CODE
    if not isinstance(value, str):
        return False
    if not value:
        return True
    digits = sum(letter.isdigit() for letter in value)
    return len(value) <= _LONGEST and digits <= _MOST_DIGITS and _NAME.fullmatch(value) is not None


def _free_text(name: str) -> bool:
    """By its last word: `customer_name`, `emailText`; not `name_type`."""
    words = _WORDS.findall(name)
    return bool(words) and words[-1].lower() in _FREE
