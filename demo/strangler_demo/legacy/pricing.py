"""The legacy's arithmetic: `Decimal`, and half-up on every single line, for the net and again for the tax."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from strangler_demo.requests import Line
from strangler_demo.world import DECIMALS, vat_percent

_QUANTA: Final = {currency: Decimal(1).scaleb(-places) for currency, places in DECIMALS.items()}
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its rate in percent and its amounts in major units, rounded to the currency."""

    line: Line
    vat: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of rounded lines, in major units."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def half_up(amount: Decimal, currency: str) -> Decimal:
    """An amount in major units, rounded to the currency's decimals."""
    return amount.quantize(_QUANTA[currency], ROUND_HALF_UP)


def price(line: Line, country: str, vat_id: str | None, currency: str) -> PricedLine:
    """Net of discount and for the days of use. Divides last, so that a tie stays a tie."""
    used, of = line.days()
    full = line.quantity * line.unit_price * (_HUNDRED - line.discount_percent) * used
    net = half_up(full / (_HUNDRED * of), currency)
    vat = vat_percent(country, vat_id, line.vat)
    return PricedLine(line, vat, net, half_up(net * vat / _HUNDRED, currency))


def total(lines: Iterable[PricedLine], currency: str) -> Totals:
    """Adds up what was rounded before."""
    net = tax = Decimal(0)
    for line in lines:
        net += line.net
        tax += line.tax
    return Totals(half_up(net, currency), half_up(tax, currency), half_up(net + tax, currency))
