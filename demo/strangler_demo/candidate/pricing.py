"""The candidate's arithmetic: integers only, rounded once per line from the exact fraction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from strangler_demo.requests import Line
from strangler_demo.world import DECIMALS, vat_percent

_SCALE: Final = 1000 * 10_000 * 10_000
"""Quantity in thousandths times price in ten-thousandths times the undiscounted share in basis points."""


class PricedLine(NamedTuple):
    """A line with its amounts in minor units. Rates and discounts in basis points."""

    position: int
    sku: str
    text: str
    quantity_milli: int
    unit_price_e4: int
    discount_bp: int
    vat_bp: int
    first: date | None
    last: date | None
    net: int
    tax: int


def half_up(numerator: int, denominator: int) -> int:
    """Rounds a fraction that is not below zero."""
    return (2 * numerator + denominator) // (2 * denominator)


def half_even(numerator: int, denominator: int) -> int:
    """Rounds a fraction that is not below zero; a tie goes to the even neighbour."""
    whole, rest = divmod(numerator, denominator)
    tie_or_more = 2 * rest - denominator
    return whole + (tie_or_more > 0 or (tie_or_more == 0 and whole % 2 == 1))


def tax_per_line(lines: Sequence[PricedLine]) -> int:
    """The tax of a document: the sum of what was rounded on each line."""
    return sum(line.tax for line in lines)


def net_minor(
    quantity_milli: int, unit_price_e4: int, discount_bp: int, days: tuple[int, int], currency: str
) -> int:
    """A line's net in minor units."""
    used, of = days
    exact = quantity_milli * unit_price_e4 * (10_000 - discount_bp) * used * 10 ** DECIMALS[currency]
    return half_up(exact, _SCALE * of)


def price(position: int, line: Line, country: str, vat_id: str | None, currency: str) -> PricedLine:
    """Prices a requested line."""
    quantity, unit_price = scaled(line.quantity, 3), scaled(line.unit_price, 4)
    discount, vat = scaled(line.discount_percent, 2), scaled(vat_percent(country, vat_id, line.vat), 2)
    net = net_minor(quantity, unit_price, discount, line.days(), currency)
    return PricedLine(
        position, line.sku, line.text, quantity, unit_price, discount, vat, line.first, line.last, net,
        half_up(net * vat, 10_000),
    )  # fmt: skip


def scaled(number: Decimal, places: int) -> int:
    """A number with at most `places` digits after the point as an integer of that scale."""
    return int(number.scaleb(places))


def unscaled(number: int, places: int) -> Decimal:
    """The way back."""
    return Decimal(number).scaleb(-places)
