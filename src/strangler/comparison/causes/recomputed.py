"""How an amount was rounded, found by computing it again from quantity, price and rate where the document has them.

Four ways are tried: each line rounded and then summed, or the sum rounded; half-up or half-even. EN 16931 prescribes
none of them, so both systems may be right and still disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import product
from typing import Final

from strangler.comparison.model import Node, Path
from strangler.comparison.values import EXACT, number_in, rounded

_QUANTITY: Final = ("quantity", "qty", "units", "menge", "quantité", "cantidad", "cbc:InvoicedQuantity")
_PRICE: Final = (
    "unit_price",
    "unitPrice",
    "price",
    "unit_amount",
    "unit_price_cents",
    "einzelpreis",
    "prix",
    "precio",
)
_RATE: Final = (
    "tax_rate",
    "taxRate",
    "vat_rate",
    "vatRate",
    "rate",
    "tax_percent",
    "vat_percent",
    "steuersatz",
)
_WAYS: Final = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN}
_LEVELS: Final = ("line", "total")
_MOST_LINES: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Line:
    net: Decimal
    rate: Decimal | None


def how_rounded(root: Node, path: Path, left: Decimal, right: Decimal, digits: int) -> str | None:
    """`legacy per line, half-up; the candidate on the total, half-even`, where each side's value is one of the ways.

    `left`, `right`: legacy's and the candidate's amount at `path`; `digits` after the point. None where the document
    does not say enough, or the ways do not tell the sides apart.
    """
    for lines in _lines(root, path):
        for values in _bases(lines):
            found = _told_apart(values, left, right, digits)
            if found is not None:
                return found
    return None


def _told_apart(values: Sequence[Decimal], left: Decimal, right: Decimal, digits: int) -> str | None:
    ways = [
        (level, name, _total(values, digits, level, rounding))
        for level, (name, rounding) in product(_LEVELS, _WAYS.items())
    ]
    ours = next((way for way in ways if way[2] == left), None)
    theirs = next((way for way in ways if way[2] == right), None)
    if ours is None or theirs is None:
        return None
    if len(values) == 1:
        return f"legacy rounds {ours[1]}, the candidate {theirs[1]}"
    return f"legacy rounds {_words(*ours[:2])}, the candidate {_words(*theirs[:2])}"


def _words(level: str, name: str) -> str:
    return f"each line {name}" if level == "line" else f"the total {name}"


def _total(values: Sequence[Decimal], digits: int, level: str, rounding: str) -> Decimal | None:
    if level == "total":
        return rounded(sum(values, Decimal(0)), digits, rounding)
    total = Decimal(0)
    for value in values:
        line = rounded(value, digits, rounding)
        if line is None:
            return None
        total += line
    return total


def _bases(lines: Sequence[_Line]) -> Iterator[list[Decimal]]:
    """What may have been rounded, line by line: the net; with rates the tax, and the gross."""
    yield [line.net for line in lines]
    rates = [line.rate for line in lines]
    if all(rate is not None for rate in rates):
        taxes = [EXACT.multiply(line.net, line.rate or Decimal(0)) for line in lines]
        yield taxes
        yield [line.net + tax for line, tax in zip(lines, taxes, strict=True)]


def _lines(root: Node, path: Path) -> Iterator[list[_Line]]:
    """The line the value stands in, and lists of lines beside it or beside what it stands in; nearest first."""
    found: list[list[_Line]] = []
    node = root
    for step in path:
        if isinstance(node, dict):
            own = _line(node)
            if own is not None:
                found.append([own])
            found += [lines for child in node.values() if (lines := _all_lines(child))]
            node = node.get(step) if isinstance(step, str) else None
        elif isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
            node = node[step]
    yield from reversed(found)


def _all_lines(node: Node) -> list[_Line]:
    if not isinstance(node, list) or not 0 < len(node) <= _MOST_LINES:
        return []
    lines = [_line(item) for item in node if isinstance(item, dict)]
    whole = [line for line in lines if line is not None]
    return whole if len(whole) == len(node) else []


def _line(node: dict[str, Node]) -> _Line | None:
    quantity, price = _number(node, _QUANTITY), _number(node, _PRICE)
    if quantity is None or price is None:
        return None
    rate = _number(node, _RATE)
    if rate is not None and abs(rate) >= 1:
        rate = rate.scaleb(-2)
    return _Line(EXACT.multiply(quantity, price), rate)


def _number(node: dict[str, Node], names: Sequence[str]) -> Decimal | None:
    return next((number for name in names if (number := number_in(node.get(name))) is not None), None)
