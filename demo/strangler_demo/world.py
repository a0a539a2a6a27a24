"""Facts that both billing services must agree on because the law or ISO 4217 says so, not because they
share code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

type VatKind = Literal["standard", "reduced"]

ZONE: Final = ZoneInfo("Europe/Berlin")
"""The seller's zone: an invoice's date is the day it was here."""

SELLER: Final = "DE"
SELLER_NAME: Final = "Nordlicht Software GmbH"
SELLER_VAT_ID: Final = "DE811907980"
DUE_DAYS: Final = 30

REVERSE_CHARGE_REASON: Final = (
    "Reverse charge: the recipient is liable for VAT (Directive 2006/112/EC, art. 196)"
)

DECIMALS: Final[Mapping[str, int]] = MappingProxyType({"EUR": 2, "GBP": 2, "USD": 2, "JPY": 0, "KWD": 3})
"""Digits after the point, by currency."""


@dataclass(frozen=True, slots=True)
class Country:
    """Where a customer is. Rates in percent; `reverse_charge`: businesses there owe the VAT themselves."""

    code: str
    currency: str
    standard: Decimal
    reduced: Decimal
    reverse_charge: bool


COUNTRIES: Final[Mapping[str, Country]] = MappingProxyType(
    {
        code: Country(code, currency, Decimal(standard), Decimal(reduced), reverse_charge)
        for code, currency, standard, reduced, reverse_charge in (
            ("DE", "EUR", "19", "7", False),
            ("FR", "EUR", "20", "5.5", True),
            ("IT", "EUR", "22", "10", True),
            ("NL", "EUR", "21", "9", True),
            ("GB", "GBP", "20", "5", True),
            ("US", "USD", "0", "0", False),
            ("JP", "JPY", "10", "8", False),
            ("KW", "KWD", "0", "0", False),
        )
    }
)


def reverse_charged(country: str, vat_id: str | None) -> bool:
    """Whether the customer, and not the seller, owes the VAT."""
    return vat_id is not None and COUNTRIES[country].reverse_charge


def vat_percent(country: str, vat_id: str | None, kind: VatKind) -> Decimal:
    """The rate of a line, in percent."""
    if reverse_charged(country, vat_id):
        return Decimal(0)
    place = COUNTRIES[country]
    return place.standard if kind == "standard" else place.reduced
