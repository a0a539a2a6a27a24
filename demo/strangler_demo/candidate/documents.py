"""The candidate's read documents. None where there is no such record."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.pricing import PricedLine, price, unscaled
from strangler_demo.candidate.records import Invoice, invoices_of, moment
from strangler_demo.candidate.records import invoice as find_invoice
from strangler_demo.requests import QuoteRequest
from strangler_demo.world import ZONE, reverse_charged

type Document = dict[str, Any]


def customer(db: sqlite3.Connection, _behaviour: Behaviour, key: int) -> Document | None:
    """GET /customers/{id}."""
    row = db.execute("SELECT * FROM customers WHERE id = ?", (key,)).fetchone()
    return row and {
        "account_id": row["account"],
        "address": {
            "city": row["city"],
            "country": row["country"],
            "postal_code": row["postal_code"],
            "street": row["street"],
        },
        "billing_batch": row["batch"],
        "currency": row["currency"],
        "customer_since": row["since"],
        "id": row["id"],
        "name": row["name"],
        "vat_id": row["vat_id"],
    }


def statement(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Document | None:
    """GET /customers/{id}/invoices: every invoice and what is still owed."""
    owner = db.execute("SELECT account, currency FROM customers WHERE id = ?", (key,)).fetchone()
    if owner is None:
        return None
    invoices = invoices_of(db, behaviour, key)
    owed = sum(each.gross for each in invoices) - _paid(db, key) - _credited(db, key)
    return {
        "account_id": owner["account"],
        "balance": behaviour.amount(owed, owner["currency"]),
        "currency": owner["currency"],
        "customer_id": key,
        "invoices": [_entry(each, behaviour) for each in invoices],
    }


def invoice(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Document | None:
    """GET /invoices/{id}."""
    found = find_invoice(db, behaviour, key)
    if found is None:
        return None
    row, currency = found.row, found.row["currency"]
    document = {
        "account_id": row["account"],
        "currency": currency,
        "customer_id": row["customer_id"],
        "due_on": row["due_on"],
        "id": row["id"],
        "issued_on": behaviour.issue_day(moment(row["issued_at"])),
        "lines": [_line(line, currency, behaviour) for line in behaviour.shown(found.lines)],
        "number": row["number"],
        "status": row["status"],
        "totals": _totals(found.net, found.tax, currency, behaviour),
    }
    return document | _reason(behaviour, charged=bool(row["reverse_charge"]))


def credit_note(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Document | None:
    """GET /credit-notes/{id}: amounts below zero."""
    row = db.execute(
        "SELECT n.*, i.number AS invoice_number, i.currency, c.account FROM credit_notes n "
        "JOIN invoices i ON i.id = n.invoice_id JOIN customers c ON c.id = i.customer_id WHERE n.id = ?",
        (key,),
    ).fetchone()
    if row is None:
        return None
    net, tax = behaviour.credit_sign * row["net_minor"], behaviour.credit_sign * row["tax_minor"]
    return _totals(net, tax, row["currency"], behaviour) | {
        "account_id": row["account"],
        "currency": row["currency"],
        "id": row["id"],
        "invoice_id": row["invoice_id"],
        "invoice_number": row["invoice_number"],
        "issued_on": behaviour.issue_day(moment(row["issued_at"])),
        "number": row["number"],
        "reason": row["reason"],
    }


def payment(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Document | None:
    """GET /payments/{id}."""
    row = db.execute(
        "SELECT p.*, i.number, i.customer_id, i.currency FROM payments p JOIN invoices i ON i.id = "
        "p.invoice_id "
        "WHERE p.id = ?",
        (key,),
    ).fetchone()
    if row is None:
        return None
    document = {
        "amount": behaviour.amount(row["amount_minor"], row["currency"]),
        "currency": row["currency"],
        "customer_id": row["customer_id"],
        "id": row["id"],
        "invoice_id": row["invoice_id"],
        "invoice_number": row["number"],
        "method": row["method"],
        "received_at": moment(row["received_at"])
        .astimezone(ZONE)
        .replace(tzinfo=None)
        .isoformat(timespec="seconds"),
    }
    return document if row["iban"] is None else document | {"iban": row["iban"]}


def receipt(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Document | None:
    """GET /receipts/{id}."""
    row = db.execute(
        "SELECT r.*, p.amount_minor, p.method, i.number AS invoice_number, i.currency, c.account, c.name "
        "FROM receipts r JOIN payments p ON p.id = r.payment_id JOIN invoices i ON i.id = p.invoice_id "
        "JOIN customers c ON c.id = i.customer_id WHERE r.id = ?",
        (key,),
    ).fetchone()
    return row and {
        "account_id": row["account"],
        "amount": behaviour.amount(row["amount_minor"], row["currency"]),
        "currency": row["currency"],
        "id": row["id"],
        "invoice_number": row["invoice_number"],
        "issued_on": behaviour.issue_day(moment(row["issued_at"])),
        "method": row["method"],
        "number": row["number"],
        "payment_id": row["payment_id"],
        "received_from": row["name"],
    }


def quote(behaviour: Behaviour, request: QuoteRequest) -> Document:
    """POST /quotes: priced like an invoice, nothing written."""
    currency = request.currency
    lines = [
        price(position, line, request.country, request.vat_id, currency)
        for position, line in enumerate(request.lines, start=1)
    ]
    shown = [
        {
            "days": 1
            if line.first is None or line.last is None
            else (line.last - line.first + timedelta(1)).days,
            "net": behaviour.amount(line.net, currency),
            "sku": line.sku,
            "tax": behaviour.amount(line.tax, currency),
            "vat_percent": unscaled(line.vat_bp, 2),
        }
        for line in behaviour.shown(lines)
    ]
    totals = _totals(sum(line.net for line in lines), behaviour.document_tax(lines), currency, behaviour)
    document: Document = {"country": request.country, "currency": currency, "lines": shown, "totals": totals}
    return document | _reason(behaviour, charged=reverse_charged(request.country, request.vat_id))


def _entry(found: Invoice, behaviour: Behaviour) -> Document:
    row = found.row
    return {
        "due_on": row["due_on"],
        "gross": behaviour.amount(found.gross, row["currency"]),
        "id": row["id"],
        "issued_on": behaviour.issue_day(moment(row["issued_at"])),
        "number": row["number"],
        "status": row["status"],
    }


def _line(line: PricedLine, currency: str, behaviour: Behaviour) -> Document:
    document: Document = {
        "discount_percent": unscaled(line.discount_bp, 2),
        "net": behaviour.amount(line.net, currency),
        "position": line.position,
        "quantity": unscaled(line.quantity_milli, 3),
        "sku": line.sku,
        "tax": behaviour.amount(line.tax, currency),
        "text": line.text,
        "unit_price": unscaled(line.unit_price_e4, 4),
        "vat_percent": unscaled(line.vat_bp, 2),
    }
    return document if line.first is None else document | {"period": {"from": line.first, "to": line.last}}


def _totals(net: int, tax: int, currency: str, behaviour: Behaviour) -> Document:
    return {
        "gross": behaviour.amount(net + tax, currency),
        "net": behaviour.amount(net, currency),
        "tax": behaviour.amount(tax, currency),
    }


def _reason(behaviour: Behaviour, *, charged: bool) -> Document:
    reason = behaviour.reason() if charged else None
    return {} if reason is None else {"reverse_charge_reason": reason}


def _paid(db: sqlite3.Connection, customer_id: int) -> int:
    return _sum(db, "SELECT sum(amount_minor) FROM payments p", customer_id)


def _credited(db: sqlite3.Connection, customer_id: int) -> int:
    return _sum(db, "SELECT sum(net_minor + tax_minor) FROM credit_notes p", customer_id)


def _sum(db: sqlite3.Connection, select: str, customer_id: int) -> int:
    joined = f"{select} JOIN invoices i ON i.id = p.invoice_id WHERE i.customer_id = ?"
    return db.execute(joined, (customer_id,)).fetchone()[0] or 0
