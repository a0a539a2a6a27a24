"""The legacy's read documents: rows as they are stored, in the API's English. None where there is no
such record.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from strangler_demo.legacy.dates import iso
from strangler_demo.legacy.pricing import half_up, price, total
from strangler_demo.requests import QuoteRequest
from strangler_demo.world import REVERSE_CHARGE_REASON, reverse_charged

type Document = dict[str, Any]

_INVOICE = (
    "SELECT r.*, k.konto, k.land, k.name, k.ustid FROM rechnung r "
    "JOIN kunde k ON k.id = r.kunde WHERE r.id = ?"
)


def customer(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /customers/{id}."""
    row = db.execute("SELECT * FROM kunde WHERE id = ?", (key,)).fetchone()
    return row and {
        "id": row["id"],
        "account_id": row["konto"],
        "name": row["name"],
        "address": {"street": row["strasse"], "plz": row["plz"], "city": row["ort"], "country": row["land"]},
        "vat_id": row["ustid"],
        "currency": row["waehrung"],
        "billing_batch": row["stapel"],
        "customer_since": iso(row["seit"]),
    }


def statement(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /customers/{id}/invoices: every invoice and what is still owed."""
    owner = db.execute("SELECT konto, waehrung FROM kunde WHERE id = ?", (key,)).fetchone()
    if owner is None:
        return None
    invoices = db.execute("SELECT * FROM rechnung WHERE kunde = ? ORDER BY id", (key,)).fetchall()
    owed = sum((Decimal(row["brutto"]) for row in invoices), Decimal(0))
    owed -= _sum(db, "SELECT betrag FROM zahlung JOIN rechnung r ON r.id = rechnung WHERE r.kunde = ?", key)
    owed += _sum(
        db, "SELECT g.brutto FROM gutschrift g JOIN rechnung r ON r.id = g.rechnung WHERE r.kunde = ?", key
    )
    return {
        "customer_id": key,
        "account_id": owner["konto"],
        "currency": owner["waehrung"],
        "balance": half_up(owed, owner["waehrung"]),
        "invoices": [
            {
                "id": row["id"],
                "number": row["nummer"],
                "issued_on": row["ausgestellt"][:10],
                "due_on": iso(row["faellig"]),
                "status": row["status"],
                "gross": Decimal(row["brutto"]),
            }
            for row in invoices
        ],
    }


def invoice_rows(db: sqlite3.Connection, key: int) -> tuple[sqlite3.Row, list[sqlite3.Row]] | None:
    """An invoice with its customer's columns, and its lines in order."""
    head = db.execute(_INVOICE, (key,)).fetchone()
    if head is None:
        return None
    return head, db.execute(
        "SELECT * FROM rechnungsposition WHERE rechnung = ? ORDER BY pos", (key,)
    ).fetchall()


def invoice(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /invoices/{id}."""
    rows = invoice_rows(db, key)
    if rows is None:
        return None
    head, lines = rows
    document = {
        "id": head["id"],
        "number": head["nummer"],
        "customer_id": head["kunde"],
        "account_id": head["konto"],
        "issued_on": head["ausgestellt"][:10],
        "due_on": iso(head["faellig"]),
        "status": head["status"],
        "currency": head["waehrung"],
        "lines": [_line(row) for row in lines],
        "totals": {
            "net": Decimal(head["netto"]),
            "tax": Decimal(head["steuer"]),
            "gross": Decimal(head["brutto"]),
        },
    }
    if head["steuergrund"] is not None:
        document["reverse_charge_reason"] = head["steuergrund"]
    return document


def credit_note(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /credit-notes/{id}: amounts below zero."""
    row = db.execute(
        "SELECT g.*, r.nummer AS zu, r.waehrung, k.konto FROM gutschrift g JOIN rechnung r ON r.id "
        "= g.rechnung "
        "JOIN kunde k ON k.id = r.kunde WHERE g.id = ?",
        (key,),
    ).fetchone()
    return row and {
        "id": row["id"],
        "number": row["nummer"],
        "invoice_id": row["rechnung"],
        "invoice_number": row["zu"],
        "account_id": row["konto"],
        "issued_on": row["ausgestellt"][:10],
        "reason": row["grund"],
        "currency": row["waehrung"],
        "net": Decimal(row["netto"]),
        "tax": Decimal(row["steuer"]),
        "gross": Decimal(row["brutto"]),
    }


def payment(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /payments/{id}."""
    row = db.execute(
        "SELECT z.*, r.nummer, r.kunde, r.waehrung FROM zahlung z JOIN rechnung r ON r.id = "
        "z.rechnung WHERE z.id = ?",
        (key,),
    ).fetchone()
    if row is None:
        return None
    document = {
        "id": row["id"],
        "invoice_id": row["rechnung"],
        "invoice_number": row["nummer"],
        "customer_id": row["kunde"],
        "currency": row["waehrung"],
        "amount": Decimal(row["betrag"]),
        "method": row["art"],
        "received_at": iso(row["eingang"]),
    }
    if row["iban"] is not None:
        document["iban"] = row["iban"]
    return document


def receipt(db: sqlite3.Connection, key: int) -> Document | None:
    """GET /receipts/{id}."""
    row = db.execute(
        "SELECT q.*, z.betrag, z.art, r.nummer AS rechnungsnummer, r.waehrung, k.konto, k.name FROM "
        "quittung q "
        "JOIN zahlung z ON z.id = q.zahlung JOIN rechnung r ON r.id = z.rechnung JOIN kunde k ON "
        "k.id = r.kunde "
        "WHERE q.id = ?",
        (key,),
    ).fetchone()
    return row and {
        "id": row["id"],
        "number": row["nummer"],
        "payment_id": row["zahlung"],
        "invoice_number": row["rechnungsnummer"],
        "account_id": row["konto"],
        "received_from": row["name"],
        "issued_on": row["ausgestellt"][:10],
        "currency": row["waehrung"],
        "amount": Decimal(row["betrag"]),
        "method": row["art"],
    }


def quote(request: QuoteRequest) -> Document:
    """POST /quotes: priced like an invoice, nothing written."""
    lines = [price(line, request.country, request.vat_id, request.currency) for line in request.lines]
    sums = total(lines, request.currency)
    document: Document = {
        "currency": request.currency,
        "country": request.country,
        "lines": [
            {
                "sku": it.line.sku,
                "vat_percent": it.vat,
                "net": it.net,
                "tax": it.tax,
                "days": it.line.days()[0],
            }
            for it in lines
        ],
        "totals": {"net": sums.net, "tax": sums.tax, "gross": sums.gross},
    }
    if reverse_charged(request.country, request.vat_id):
        document["reverse_charge_reason"] = REVERSE_CHARGE_REASON
    return document


def _line(row: sqlite3.Row) -> Document:
    line = {
        "position": row["pos"],
        "sku": row["artikel"],
        "text": row["bezeichnung"],
        "quantity": Decimal(row["menge"]),
        "unit_price": Decimal(row["preis"]),
        "discount_percent": Decimal(row["rabatt"]),
        "vat_percent": Decimal(row["ust"]),
        "net": Decimal(row["netto"]),
        "tax": Decimal(row["steuer"]),
    }
    if row["von"] is not None:
        line["period"] = {"from": iso(row["von"]), "to": iso(row["bis"])}
    return line


def _sum(db: sqlite3.Connection, statement: str, key: int) -> Decimal:
    return sum((Decimal(row[0]) for row in db.execute(statement, (key,))), Decimal(0))
