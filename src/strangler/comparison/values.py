"""Values of a tree: exact and typed equality, canonical bytes, numbers out of text."""

from __future__ import annotations

import re
from decimal import Context as Arithmetic
from decimal import Decimal, InvalidOperation
from typing import Final, cast

import msgspec

from strangler.comparison.model import Node, Opaque

NUMBER: Final = re.compile(r"\s*[+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})\s*", re.ASCII)
_BEGINS_NUMBER: Final = frozenset("0123456789+-. \t\r\n")
_DIGITS: Final = 300
EXACT: Final = Arithmetic(prec=2 * _DIGITS + 50, Emin=-999_999, Emax=999_999)
"""Arithmetic that never rounds what `tame` lets through."""

_ENCODER: Final = msgspec.json.Encoder(order="deterministic", decimal_format="number")
_QUICK: Final = msgspec.json.Encoder(decimal_format="number")


def canonical(node: Node) -> bytes:
    """Bytes that are the same only for the same typed tree (`10.0` and `10.00` still differ: see `same`)."""
    try:
        return _ENCODER.encode(node)
    except UnicodeEncodeError:
        # A lone surrogate, which JSON text cannot hold and a Python string can.
        return repr(node).encode("utf-8", "backslashreplace")


def identical(left: Node, right: Node) -> bool:
    """Whether canonical bytes are the same. Python's `==` takes true for 1, but says at once what is not equal.

    Members mostly stand in the same order on both sides, and then nothing has to be sorted to see it.
    """
    return left == right and (
        _as_it_stands(left) == _as_it_stands(right) or canonical(left) == canonical(right)
    )


def _as_it_stands(node: Node) -> bytes:
    try:
        return _QUICK.encode(node)
    except UnicodeEncodeError:
        return canonical(node)


def is_number(value: Node) -> bool:
    """An int or a Decimal; a bool is not a number."""
    kind = type(value)
    return kind is int or kind is Decimal


def same(left: Node, right: Node) -> bool:
    """Equality of two scalars: typed (`true` is not 1), numbers by value (10.0 is 10.00 is 1e1)."""
    kind, other = type(left), type(right)
    if kind is other:
        return left == right
    return is_number(left) and is_number(right) and left == right


def tame(number: int | Decimal) -> Decimal | None:
    """The number as a Decimal that arithmetic and formatting are safe with; None for absurd magnitudes and NaN."""
    if type(number) is int and abs(number).bit_length() > 900:
        return None
    exact = Decimal(number)
    if not exact.is_finite():
        return None
    parts = exact.as_tuple()
    exponent = parts.exponent
    if not isinstance(exponent, int) or abs(exponent) > _DIGITS or len(parts.digits) > _DIGITS:
        return None
    return exact


def number_in(value: Node) -> Decimal | None:
    """The number that a value is, or that a text holds and nothing else; None where there is none."""
    kind = type(value)
    if kind is str:
        text = cast("str", value)
        return Decimal(text.strip()) if text[:1] in _BEGINS_NUMBER and NUMBER.fullmatch(text) else None
    return tame(cast("int | Decimal", value)) if kind is int or kind is Decimal else None


def rounded(number: Decimal, scale: int, rounding: str) -> Decimal | None:
    """To `scale` digits after the point; None where that is not representable."""
    try:
        return number.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=EXACT)
    except InvalidOperation:
        return None


def digits_after_point(number: Decimal) -> int:
    """How many digits are written after the point."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def type_name(node: Node) -> str:
    """The name of a value's type, as people call it."""
    if node is None:
        return "null"
    if isinstance(node, bool):
        return "boolean"
    if is_number(node):
        return "number"
    if isinstance(node, str):
        return "text"
    if isinstance(node, Opaque):
        return "opaque"
    return "map" if isinstance(node, dict) else "list"
