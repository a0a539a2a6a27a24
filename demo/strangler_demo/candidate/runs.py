"""The invoice run of a day as CSV, quoted only where it must be."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import date

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.records import invoices_of_run, moment

_COLUMNS = ("number", "customer_id", "issued_on", "currency", "net", "tax", "gross", "status")


def invoice_run(db: sqlite3.Connection, behaviour: Behaviour, day: date, country: str, batch: int) -> bytes:
    """GET /invoice-runs/{day}.csv?country=&batch=. A day without invoices has a header line only."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for found in invoices_of_run(db, behaviour, day, country, batch):
        row, currency = found.row, found.row["currency"]
        amounts = (behaviour.amount(minor, currency) for minor in (found.net, found.tax, found.gross))
        issued = behaviour.issue_day(moment(row["issued_at"]))
        writer.writerow((row["number"], row["customer_id"], issued, currency, *amounts, row["status"]))
    return text.getvalue().encode()
