"""A legacy row image as the candidate's row: minor units, UTC moments, ISO days, opaque account ids,
plain words.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from strangler_demo.candidate.pricing import scaled
from strangler_demo.replicator.feed import Change
from strangler_demo.world import DECIMALS, ZONE

type Row = dict[str, Any]
type CurrencyOf = Callable[[int], str]

STATUS: Final[Mapping[str, str]] = MappingProxyType({"O": "open", "T": "part-paid", "B": "paid"})
"""The legacy's status letters in the candidate's words."""

_TABLES: Final = {
    "kunde": "customers",
    "rechnung": "invoices",
    "rechnungsposition": "lines",
    "zahlung": "payments",
    "quittung": "receipts",
    "gutschrift": "credit_notes",
    "nummernkreis": "series",
}


def translate(change: Change, currency_of: CurrencyOf) -> tuple[str, Row]:
    """The candidate's table and row. `currency_of` knows the currency of an invoice by its id."""
    return _TABLES[change.table], _ROWS[change.table](change.row, currency_of)


def account(number: int) -> str:
    """The opaque account id that stands for a legacy account number."""
    digest = hashlib.sha256(f"account {number}".encode()).digest()
    return "acc_" + base64.b32encode(digest[:10]).decode().lower()


def _customer(row: Row, _currency: CurrencyOf) -> Row:
    return {
        "id": row["id"], "account": account(row["konto"]), "name": row["name"], "street": row["strasse"],
        "postal_code": row["plz"], "city": row["ort"], "country": row["land"], "vat_id": row["ustid"],
        "currency": row["waehrung"], "batch": row["stapel"], "since": _day(row["seit"]),
    }  # fmt: skip


def _invoice(row: Row, _currency: CurrencyOf) -> Row:
    return {
        "id": row["id"], "number": row["nummer"], "customer_id": row["kunde"],
        "issued_at": _moment(row["ausgestellt"]), "run_day": _day(row["ausgestellt"]),
        "due_on": _day(row["faellig"]),
        "currency": row["waehrung"], "status": STATUS[row["status"]],
        "reverse_charge": int(row["steuergrund"] is not None),
    }  # fmt: skip


def _line(row: Row, _currency: CurrencyOf) -> Row:
    return {
        "id": row["id"], "invoice_id": row["rechnung"], "position": row["pos"], "sku": row["artikel"],
        "text": row["bezeichnung"], "quantity_milli": scaled(Decimal(row["menge"]), 3),
        "unit_price_e4": scaled(Decimal(row["preis"]), 4), "discount_bp": scaled(Decimal(row["rabatt"]), 2),
        "vat_bp": scaled(Decimal(row["ust"]), 2), "first": row["von"] and _day(row["von"]),
        "last": row["bis"] and _day(row["bis"]),
    }  # fmt: skip


def _payment(row: Row, currency_of: CurrencyOf) -> Row:
    places = DECIMALS[currency_of(row["rechnung"])]
    return {
        "id": row["id"], "invoice_id": row["rechnung"], "amount_minor": scaled(Decimal(row["betrag"]),
        places),
        "method": row["art"], "iban": row["iban"], "received_at": _moment(row["eingang"]),
    }  # fmt: skip


def _receipt(row: Row, _currency: CurrencyOf) -> Row:
    return {
        "id": row["id"],
        "number": row["nummer"],
        "payment_id": row["zahlung"],
        "issued_at": _moment(row["ausgestellt"]),
    }


def _credit_note(row: Row, currency_of: CurrencyOf) -> Row:
    places = DECIMALS[currency_of(row["rechnung"])]
    return {
        "id": row["id"], "number": row["nummer"], "invoice_id": row["rechnung"],
        "issued_at": _moment(row["ausgestellt"]), "reason": row["grund"],
        "net_minor": -scaled(Decimal(row["netto"]), places), "tax_minor": -scaled(Decimal(row["steuer"]),
        places),
    }  # fmt: skip


def _series(row: Row, _currency: CurrencyOf) -> Row:
    return {"name": row["art"], "next": row["naechste"]}


def _day(text: str) -> str:
    return f"{text[6:10]}-{text[3:5]}-{text[:2]}"


def _moment(text: str) -> str:
    local = datetime.fromisoformat(f"{_day(text)}T{text[11:]}").replace(tzinfo=ZONE)
    return local.astimezone(UTC).isoformat(timespec="seconds")


_ROWS: Final = {
    "kunde": _customer,
    "rechnung": _invoice,
    "rechnungsposition": _line,
    "zahlung": _payment,
    "quittung": _receipt,
    "gutschrift": _credit_note,
    "nummernkreis": _series,
}
