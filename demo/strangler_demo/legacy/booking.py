"""The legacy's writes. Each runs inside the caller's transaction; numbers have no gaps because they are
part of it.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal

from strangler_demo.legacy.dates import day_text, moment_text
from strangler_demo.legacy.pricing import PricedLine, half_up, price, total
from strangler_demo.requests import CreditNoteRequest, InvoiceRequest, PaymentRequest, Unusable
from strangler_demo.world import DUE_DAYS, REVERSE_CHARGE_REASON, reverse_charged


def book_invoice(db: sqlite3.Connection, request: InvoiceRequest, now: datetime) -> int:
    """Writes an invoice and its lines, issued at local time `now`; returns its id. Raises `Unusable`."""
    customer = db.execute("SELECT * FROM kunde WHERE id = ?", (request.customer_id,)).fetchone()
    if customer is None:
        raise Unusable(f"no such customer: {request.customer_id}")
    land, vat_id, currency = customer["land"], customer["ustid"], customer["waehrung"]
    lines = [price(line, land, vat_id, currency) for line in request.lines]
    sums = total(lines, currency)
    values = (
        _number(db, "RE", now), request.customer_id, moment_text(now),
        day_text(now + timedelta(days=DUE_DAYS)),
        currency, "O", REVERSE_CHARGE_REASON if reverse_charged(land, vat_id) else None,
        str(sums.net), str(sums.tax), str(sums.gross),
    )  # fmt: skip
    invoice = _insert(
        db,
        "INSERT INTO rechnung (nummer, kunde, ausgestellt, faellig, waehrung, status, steuergrund, "
        "netto, steuer, "
        "brutto) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        values,
    )
    db.executemany(
        "INSERT INTO rechnungsposition (rechnung, pos, artikel, bezeichnung, menge, preis, rabatt, "
        "ust, von, bis, "
        "netto, steuer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_line_row(invoice, position, line) for position, line in enumerate(lines, start=1)],
    )
    return invoice


def book_payment(db: sqlite3.Connection, request: PaymentRequest, now: datetime) -> int:
    """Writes a payment and its receipt, moves the invoice's status; returns the payment's id."""
    invoice = _invoice(db, request.invoice_id)
    amount = half_up(request.amount, invoice["waehrung"])
    if amount != request.amount:
        raise Unusable(f"{invoice['waehrung']} has fewer decimals than the amount")
    payment = _insert(
        db,
        "INSERT INTO zahlung (rechnung, betrag, art, iban, eingang) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (request.invoice_id, str(amount), request.method, request.iban, moment_text(now)),
    )
    db.execute(
        "INSERT INTO quittung (nummer, zahlung, ausgestellt) VALUES (?, ?, ?)",
        (_number(db, "QU", now), payment, moment_text(now)),
    )
    rows = db.execute("SELECT betrag FROM zahlung WHERE rechnung = ?", (request.invoice_id,))
    paid = sum((Decimal(row["betrag"]) for row in rows), Decimal(0))
    status = "B" if paid >= Decimal(invoice["brutto"]) else "T"
    db.execute("UPDATE rechnung SET status = ? WHERE id = ?", (status, request.invoice_id))
    return payment


def book_credit_note(db: sqlite3.Connection, request: CreditNoteRequest, now: datetime) -> int:
    """Writes a credit note over one line, its amounts negative; returns its id."""
    _invoice(db, request.invoice_id)
    line = db.execute(
        "SELECT netto, steuer FROM rechnungsposition WHERE rechnung = ? AND pos = ?",
        (request.invoice_id, request.position),
    ).fetchone()
    if line is None:
        raise Unusable(f"invoice {request.invoice_id} has no line {request.position}")
    net, tax = -Decimal(line["netto"]), -Decimal(line["steuer"])
    return _insert(
        db,
        "INSERT INTO gutschrift (nummer, rechnung, ausgestellt, grund, netto, steuer, brutto) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (_number(db, "GS", now), request.invoice_id, moment_text(now), request.reason, str(net), str(tax),
         str(net + tax)),
    )  # fmt: skip


def _invoice(db: sqlite3.Connection, invoice: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM rechnung WHERE id = ?", (invoice,)).fetchone()
    if row is None:
        raise Unusable(f"no such invoice: {invoice}")
    return row


def _insert(db: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> int:
    return int(db.execute(statement, values).fetchone()[0])


def _number(db: sqlite3.Connection, series: str, now: datetime) -> str:
    row = db.execute(
        "UPDATE nummernkreis SET naechste = naechste + 1 WHERE art = ? RETURNING naechste - 1", (series,)
    ).fetchone()
    return f"{series}-{now.year}-{row[0]:06d}"


def _line_row(invoice: int, position: int, priced: PricedLine) -> tuple[object, ...]:
    line = priced.line
    return (
        invoice, position, line.sku, line.text, str(line.quantity), str(line.unit_price),
        str(line.discount_percent),
        str(priced.vat), line.first and day_text(line.first), line.last and day_text(line.last),
        str(priced.net), str(priced.tax),
    )  # fmt: skip
