"""Regular expressions that a rule may run on whatever an answer holds.

Python's engine goes back over every way in which an expression could match: `(a+)+b` has 2ⁿ of them. So what a rule
runs is bounded twice, in the length of the value and in the number of ways, counted on the parsed expression: the
product over its repeats, the sum over its alternatives.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable
from typing import Any, Final

LONGEST_VALUE: Final = 256
"""Characters of a value that is matched at all; a longer one matches nothing."""
_LONGEST: Final = 1_000
_MOST_WAYS: Final = 2**17
"""Two repeats without end, or three that are bounded: some milliseconds at most."""
_REMEDY: Final = "bound its repeats ({1,40} for +), put none inside another, and let none hold an alternative"
_PLAIN: Final = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY", "RANGE", "NEGATE"})


def check_regex(text: str) -> str:
    """The text, if it is a regular expression that ends soon; else a ValueError that says why not."""
    if not 0 < len(text) <= _LONGEST:
        raise ValueError(f"a regular expression has 1 to {_LONGEST:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text)
            # The parsed form is the only exact one; it has no public name.
            ways = _ways(importlib.import_module("re._parser").parse(text))
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if ways > _MOST_WAYS:
        raise ValueError(f"this regular expression could take forever; {_REMEDY}")
    return text


def _ways(parsed: Iterable[tuple[Any, Any]]) -> int:
    """In how many ways this could match one text, at most; capped."""
    total = 1
    for operator, argument in parsed:
        total = min(total * _of_one(str(operator), argument), _MOST_WAYS + 1)
    return total


def _of_one(operator: str, argument: Any) -> int:
    if operator in _PLAIN:
        return 1
    if operator == "BRANCH":
        return sum(_ways(part) for part in argument[1])
    if operator == "SUBPATTERN":
        return _ways(argument[-1])
    if operator in {"ASSERT", "ASSERT_NOT"}:
        return _ways(argument[1])
    if operator == "ATOMIC_GROUP":
        return _ways(argument)
    if operator == "POSSESSIVE_REPEAT":
        # Not gone back over once it has matched, so each time counts for itself.
        return min(int(argument[1]), LONGEST_VALUE) * _ways(argument[2])
    if operator in {"MAX_REPEAT", "MIN_REPEAT"}:
        least, most, inner = argument
        return _repeated(least, min(int(most), max(least, LONGEST_VALUE)), _ways(inner))
    return _MOST_WAYS + 1  # back references and what else is new: not bounded by this count


def _repeated(least: int, most: int, inner: int) -> int:
    if inner == 1:
        return most - least + 1
    ways = 0
    for times in range(least, most + 1):
        if times.bit_length() > 1 and times * (inner.bit_length() - 1) > _MOST_WAYS.bit_length():
            return _MOST_WAYS + 1
        ways += inner**times
    return ways
