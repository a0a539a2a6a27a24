"""What clients send: the bodies of the four POST calls, and what is wrong with them.

Both services read requests through these shapes, so that they refuse the same ones in the same words.
Quantities and prices are JSON numbers or texts, read as `Decimal`.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from strangler_demo.world import COUNTRIES, DECIMALS, VatKind

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Percent = Decimal

_LARGEST: Final = Decimal(10_000_000)


class Unusable(ValueError):  # noqa: N818  it becomes a 422, not a crash
    """A request that was understood and cannot be carried out; the text goes to the client."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. `first` and `last`: the days of use within one month, when only a part of it is charged."""

    sku: Text
    text: Text
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Percent = Decimal(0)
    vat: VatKind = "standard"
    first: date | None = None
    last: date | None = None

    def days(self) -> tuple[int, int]:
        """Days of use and days of the month; (1, 1) when the line is not prorated."""
        return days_of_use(self.first, self.last)


class InvoiceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /invoices."""

    customer_id: int
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=60)]


class PaymentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /payments. `iban` only with method `sepa`."""

    invoice_id: int
    amount: Decimal
    method: Annotated[str, Meta(pattern="^(sepa|card|wire)$")]
    iban: Annotated[str, Meta(max_length=42)] | None = None


class CreditNoteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /credit-notes: takes back one line of an invoice."""

    invoice_id: int
    position: int
    reason: Text


class QuoteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /quotes: prices lines without writing anything."""

    country: str
    currency: str
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=60)]
    vat_id: str | None = None


def read[T: InvoiceRequest | PaymentRequest | CreditNoteRequest | QuoteRequest](
    body: bytes, shape: type[T]
) -> T:
    """A request body as `shape`. Raises `Unusable` with what is wrong."""
    try:
        request = msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise Unusable(str(error)) from None
    if isinstance(request, InvoiceRequest | QuoteRequest):
        for line in request.lines:
            _check_line(line)
    if isinstance(request, QuoteRequest):
        _check_place(request)
    if isinstance(request, PaymentRequest):
        plain(request.amount, 3, "amount")
    return request


def plain(number: Decimal, places: int, name: str) -> Decimal:
    """A positive number of ordinary size with at most `places` digits after the point; else `Unusable`."""
    if not number.is_finite() or not 0 < number < _LARGEST:
        raise Unusable(f"{name} must lie between 0 and {_LARGEST}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        raise Unusable(f"{name} has more than {places} digits after the point")
    return number


def days_of_use(first: date | None, last: date | None) -> tuple[int, int]:
    """The days from first to last and those of their month; (1, 1) without either."""
    if first is None or last is None:
        return 1, 1
    return (last - first).days + 1, monthrange(first.year, first.month)[1]


def _check_line(line: Line) -> None:
    plain(line.quantity, 3, "quantity")
    plain(line.unit_price, 4, "unit_price")
    if line.discount_percent:
        plain(line.discount_percent, 2, "discount_percent")
    if line.discount_percent > 100:
        raise Unusable("discount_percent is more than 100")
    if (line.first is None) != (line.last is None):
        raise Unusable("a prorated line needs its first and its last day")
    if line.first is not None and line.last is not None:
        same_month = (line.first.year, line.first.month) == (line.last.year, line.last.month)
        if not same_month or line.last < line.first:
            raise Unusable("first and last must be days of one month, in order")


def _check_place(request: QuoteRequest) -> None:
    if request.country not in COUNTRIES:
        raise Unusable(f"no such country: {request.country}")
    if request.currency not in DECIMALS:
        raise Unusable(f"no such currency: {request.currency}")
