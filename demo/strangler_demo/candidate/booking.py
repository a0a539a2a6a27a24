"""The candidate's writes, for the time after it was promoted. Each runs inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from strangler_demo.candidate.behaviour import SOUND, local_day
from strangler_demo.candidate.pricing import PricedLine, price, scaled
from strangler_demo.candidate.records import Invoice
from strangler_demo.candidate.records import invoice as find_invoice
from strangler_demo.requests import CreditNoteRequest, InvoiceRequest, PaymentRequest, Unusable
from strangler_demo.world import DECIMALS, DUE_DAYS, reverse_charged


def book_invoice(db: sqlite3.Connection, request: InvoiceRequest, now: datetime) -> int:
    """Writes an invoice and its lines; returns its id. Raises `Unusable`."""
    customer = db.execute("SELECT * FROM customers WHERE id = ?", (request.customer_id,)).fetchone()
    if customer is None:
        raise Unusable(f"no such customer: {request.customer_id}")
    country, vat_id, currency = customer["country"], customer["vat_id"], customer["currency"]
    day = local_day(now)
    invoice = _insert(
        db,
        "INSERT INTO invoices (number, customer_id, issued_at, run_day, due_on, currency, status, "
        "reverse_charge) "
        "VALUES (?, ?, ?, ?, ?, ?, 'open', ?) RETURNING id",
        (_number(db, "RE", now), request.customer_id, utc_text(now), day.isoformat(),
         (day + timedelta(days=DUE_DAYS)).isoformat(), currency, int(reverse_charged(country, vat_id))),
    )  # fmt: skip
    lines = [
        price(position, line, country, vat_id, currency) for position, line in enumerate(request.lines, 1)
    ]
    db.executemany(
        "INSERT INTO lines (invoice_id, position, sku, text, quantity_milli, unit_price_e4, "
        "discount_bp, vat_bp, "
        "first, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_line_row(invoice, line) for line in lines],
    )
    return invoice


def book_payment(db: sqlite3.Connection, request: PaymentRequest, now: datetime) -> int:
    """Writes a payment and its receipt, moves the invoice's status; returns the payment's id."""
    invoice = _invoice(db, request.invoice_id)
    currency = invoice.row["currency"]
    amount = scaled(request.amount, DECIMALS[currency])
    if request.amount.scaleb(DECIMALS[currency]) != amount:
        raise Unusable(f"{currency} has fewer decimals than the amount")
    payment = _insert(
        db,
        "INSERT INTO payments (invoice_id, amount_minor, method, iban, received_at) VALUES (?, ?, ?, ?, ?) "
        "RETURNING id",
        (request.invoice_id, amount, request.method, request.iban, utc_text(now)),
    )
    db.execute(
        "INSERT INTO receipts (number, payment_id, issued_at) VALUES (?, ?, ?)",
        (_number(db, "QU", now), payment, utc_text(now)),
    )
    paid = db.execute("SELECT sum(amount_minor) FROM payments WHERE invoice_id = ?", (request.invoice_id,))
    status = "paid" if paid.fetchone()[0] >= invoice.gross else "part-paid"
    db.execute("UPDATE invoices SET status = ? WHERE id = ?", (status, request.invoice_id))
    return payment


def book_credit_note(db: sqlite3.Connection, request: CreditNoteRequest, now: datetime) -> int:
    """Writes a credit note over one line; the stored amounts are above zero. Returns its id."""
    lines = {line.position: line for line in _invoice(db, request.invoice_id).lines}
    line = lines.get(request.position)
    if line is None:
        raise Unusable(f"invoice {request.invoice_id} has no line {request.position}")
    return _insert(
        db,
        "INSERT INTO credit_notes (number, invoice_id, issued_at, reason, net_minor, tax_minor) "
        "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (_number(db, "GS", now), request.invoice_id, utc_text(now), request.reason, line.net, line.tax),
    )


def utc_text(moment: datetime) -> str:
    """`2026-05-16T22:59:01+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _invoice(db: sqlite3.Connection, key: int) -> Invoice:
    found = find_invoice(db, SOUND, key)
    if found is None:
        raise Unusable(f"no such invoice: {key}")
    return found


def _insert(db: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> int:
    return int(db.execute(statement, values).fetchone()[0])


def _number(db: sqlite3.Connection, series: str, now: datetime) -> str:
    row = db.execute(
        "UPDATE series SET next = next + 1 WHERE name = ? RETURNING next - 1", (series,)
    ).fetchone()
    return f"{series}-{local_day(now).year}-{row[0]:06d}"


def _line_row(invoice: int, line: PricedLine) -> tuple[object, ...]:
    return (
        invoice, line.position, line.sku, line.text, line.quantity_milli, line.unit_price_e4,
        line.discount_bp,
        line.vat_bp, line.first and line.first.isoformat(), line.last and line.last.isoformat(),
    )  # fmt: skip
