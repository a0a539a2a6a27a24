"""What lets two values at one place pass as equal: the rules `decimal`, `instant`, `map`, `text`, `pattern`.

Each function takes a rule's model and gives `accepts(left, right)`, where left is legacy's value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from strangler.comparison.instants import instant, zone_of
from strangler.comparison.model import Node, Opaque
from strangler.comparison.values import EXACT, digits_after_point, number_in, rounded, same

if TYPE_CHECKING:
    from strangler.config.rules import DecimalRule, Instant, MapRule, PatternRule, TextRule

type Accepts = Callable[[Node, Node], bool]

_MINOR: Final = 2
"""Digits after the point of most currencies."""
_ROUNDINGS: Final = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def decimals(rule: DecimalRule) -> Accepts:
    """By value, rounded to the scale where there is one, within the tolerance in units of its last digit.

    Without a scale that is the hundredth, or a smaller one that is written: `10.5` says nothing of tenths.
    """
    rounding = _ROUNDINGS[rule.rounding]
    scale, tolerance = rule.scale, rule.tolerance

    def accepts(left: Node, right: Node) -> bool:
        a, b = number_in(left), number_in(right)
        if a is None or b is None:
            return False
        unit = max(_MINOR, digits_after_point(a), digits_after_point(b)) if scale is None else scale
        if scale is not None:
            x, y = rounded(a, scale, rounding), rounded(b, scale, rounding)
            if x is None or y is None:
                return False
            a, b = x, y
        return abs(EXACT.subtract(a, b)) <= Decimal(tolerance).scaleb(-unit)

    return accepts


def instants(rule: Instant) -> Accepts:
    """As moments, each side in its own format, within the tolerance."""
    zone = zone_of(rule.zone)
    tolerance = timedelta(milliseconds=rule.tolerance)

    def accepts(left: Node, right: Node) -> bool:
        a = instant(left, rule.format.legacy, zone)
        b = instant(right, rule.format.candidate, zone)
        return a is not None and b is not None and abs(a - b) <= tolerance

    return accepts


def mapped(rule: MapRule) -> Accepts:
    """Legacy's name for a value to the candidate's. Numbers and booleans are named as JSON writes them."""
    names = dict(rule.values)

    def accepts(left: Node, right: Node) -> bool:
        expected = names.get(named(left))
        return expected is not None and (same(expected, right) or expected == named(right))

    return accepts


def texts(rule: TextRule) -> Accepts:
    """As texts, in one Unicode form, case and spacing."""

    def accepts(left: Node, right: Node) -> bool:
        return isinstance(left, str) and isinstance(right, str) and _plain(left, rule) == _plain(right, rule)

    return accepts


def _plain(text: str, rule: TextRule) -> str:
    form = rule.unicode
    if form != "keep":
        text = unicodedata.normalize(form, text)
    if rule.case == "fold":
        # Folding may take letters apart that the form had put together.
        text = text.casefold() if form == "keep" else unicodedata.normalize(form, text.casefold())
    if rule.whitespace == "collapse":
        return " ".join(text.split())
    return text.strip() if rule.whitespace == "trim" else text


def patterned(rule: PatternRule) -> Accepts:
    """Both of one form; a map, a list, null and what is longer than `LONGEST_VALUE` have none."""
    from strangler.config.regexes import LONGEST_VALUE

    expression = re.compile(rule.matches)

    def fits(value: Node) -> bool:
        if value is None or isinstance(value, dict | list | Opaque):
            return False
        name = named(value)
        return len(name) <= LONGEST_VALUE and expression.fullmatch(name) is not None

    return lambda left, right: fits(left) and fits(right)


def named(value: Node) -> str:
    """A scalar as text: numbers, booleans and null as JSON writes them."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
