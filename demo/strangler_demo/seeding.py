"""The month into the legacy's database, booked by the legacy's own code."""

# ruff: noqa: S311  a month is made from a seed, nothing here is a secret

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from strangler_demo.legacy import schema
from strangler_demo.legacy.booking import book_credit_note, book_invoice, book_payment
from strangler_demo.legacy.dates import day_text
from strangler_demo.legacy.pricing import half_up
from strangler_demo.month import Customer, Issue, Month
from strangler_demo.requests import CreditNoteRequest, PaymentRequest
from strangler_demo.storage import connect, transaction


@dataclass(frozen=True, slots=True)
class Booked:
    """What is in the database afterwards: record ids, each with the id of its customer."""

    invoices: tuple[tuple[int, int], ...]
    credit_notes: tuple[tuple[int, int], ...]
    payments: tuple[tuple[int, int], ...]
    receipts: tuple[tuple[int, int], ...]


def seed(path: Path, month: Month) -> Booked:
    """Writes a new legacy database in one transaction. Raises FileExistsError where there is one already."""
    if path.exists():
        raise FileExistsError(path)
    db = connect(path)
    try:
        schema.create(db)
        with transaction(db):
            for customer in month.customers:
                _insert_customer(db, customer)
            rng = random.Random(f"{month.seed} payments")
            for issue in month.issues:
                _book(db, issue, rng)
        return booked(db)
    finally:
        db.close()


def booked(db: sqlite3.Connection) -> Booked:
    """The records of a legacy database."""
    return Booked(
        _pairs(db, "SELECT id, kunde FROM rechnung ORDER BY id"),
        _pairs(
            db, "SELECT g.id, r.kunde FROM gutschrift g JOIN rechnung r ON r.id = g.rechnung ORDER BY g.id"
        ),
        _pairs(db, "SELECT z.id, r.kunde FROM zahlung z JOIN rechnung r ON r.id = z.rechnung ORDER BY z.id"),
        _pairs(
            db,
            "SELECT q.id, r.kunde FROM quittung q JOIN zahlung z ON z.id = q.zahlung "
            "JOIN rechnung r ON r.id = z.rechnung ORDER BY q.id",
        ),
    )


def iban(rng: random.Random) -> str:
    """A German IBAN with a valid check number, over an account that is made up."""
    account = f"{rng.randrange(10**17, 10**18)}"
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}"


def _insert_customer(db: sqlite3.Connection, customer: Customer) -> None:
    db.execute(
        "INSERT INTO kunde (id, konto, name, strasse, plz, ort, land, ustid, waehrung, stapel, seit) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (customer.id, customer.account, customer.name, customer.street, customer.postal_code, customer.city,
         customer.country, customer.vat_id, customer.currency, customer.batch, day_text(customer.since)),
    )  # fmt: skip


def _book(db: sqlite3.Connection, issue: Issue, rng: random.Random) -> None:
    invoice = book_invoice(db, issue.request, issue.at)
    if invoice != issue.id:
        raise RuntimeError(f"the month counts on invoice {issue.id}, the database gave {invoice}")
    gross = Decimal(db.execute("SELECT brutto FROM rechnung WHERE id = ?", (invoice,)).fetchone()[0])
    amount = half_up(gross / 3, issue.customer.currency) if issue.paid == "part" else gross
    if issue.paid is not None and amount > 0:
        method = rng.choice(("sepa", "card", "wire"))
        payment = PaymentRequest(invoice, amount, method, iban(rng) if method == "sepa" else None)
        book_payment(db, payment, issue.at + timedelta(hours=rng.randint(1, 90)))
    if issue.credited is not None:
        reason = rng.choice(("returned", "delivered late", "price agreed otherwise"))
        book_credit_note(db, CreditNoteRequest(invoice, issue.credited, reason), issue.at + timedelta(days=1))


def _pairs(db: sqlite3.Connection, statement: str) -> tuple[tuple[int, int], ...]:
    return tuple((row[0], row[1]) for row in db.execute(statement))
