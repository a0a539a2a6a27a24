"""Sample invoices and answers, the same every time: what tests and benchmarks compare."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from strangler.comparison.model import Answer, Node

_CENT = Decimal("0.01")
_NAMES = ("Flat rate", "Extra seats", "Support hours", "Data transfer", "Storage", "Onboarding")


def invoice(number: int = 1, *, lines: int = 8, currency: str = "EUR") -> dict[str, Node]:
    """An invoice with `lines` lines; amounts are Decimal, its totals add up. About 2 kB as JSON with eight lines."""
    issued = date(2026, 1, 1) + timedelta(days=number % 365)
    items = [_line(number, position) for position in range(lines)]
    net = sum((Decimal(str(item["net_amount"])) for item in items), Decimal("0.00"))
    tax = (net * Decimal("0.19")).quantize(_CENT, ROUND_HALF_UP)
    return {
        "id": number,
        "number": f"INV-2026-{number:05}",
        "status": "open",
        "currency": currency,
        "issue_date": issued.isoformat(),
        "due_date": (issued + timedelta(days=30)).isoformat(),
        "customer": {
            "id": 4_000 + number,
            "name": "Nordwind Logistik GmbH",
            "vat_id": "DE123456789",
            "address": {
                "street": "Hafenstraße 12",
                "city": "Hamburg",
                "postal_code": "20457",
                "country": "DE",
            },
        },
        "lines": list(items),
        "net_total": net,
        "tax_total": tax,
        "total": net + tax,
        "paid": False,
        "reverse_charge_reason": None,
        "notes": "Thank you for your business. Payable within 30 days without deduction.",
    }


def _line(number: int, position: int) -> dict[str, Node]:
    quantity = 1 + (number + position) % 7
    price = Decimal(1_250 + 377 * position + number % 100).scaleb(-2)
    return {
        "position": position + 1,
        "sku": f"SKU-{position:04}",
        "description": f"{_NAMES[position % len(_NAMES)]}, item {position + 1}",
        "quantity": quantity,
        "unit_price": price,
        "net_amount": price * quantity,
        "tax_rate": Decimal("0.19"),
        "period": {"start": "2026-01-01", "end": "2026-01-31"},
    }


def as_json(document: Node, *, indent: int = 0, reverse: bool = False) -> bytes:
    """A tree as JSON, numbers exact. `indent` and `reverse` (the members' order) serialise the same in other bytes."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    plain = encoder.encode(_reversed(document) if reverse else document)
    return msgspec.json.format(plain, indent=indent) if indent else plain


def _reversed(node: Node) -> Node:
    if isinstance(node, dict):
        return {name: _reversed(node[name]) for name in reversed(node)}
    if isinstance(node, list):
        return [_reversed(item) for item in node]
    return node


def answer(
    body: bytes = b"",
    *,
    status: int = 200,
    media: str = "application/json",
    fields: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """An answer as a server gives it, with a Date that no two have in common."""
    head = [("Date", f"Sat, 21 Nov 2026 04:00:{len(body) % 60:02} GMT"), ("Server", "sample")]
    if body:
        head += [("Content-Type", media), ("Content-Length", str(len(body)))]
    named = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in (*head, *fields))
    return Answer(status, named, body)
