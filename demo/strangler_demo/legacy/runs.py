"""The invoice run of a day as CSV, every field quoted."""

from __future__ import annotations

import sqlite3
from datetime import date

from strangler_demo.legacy.dates import day_text

_COLUMNS = ("number", "customer_id", "issued_on", "currency", "net", "tax", "gross", "status")


def invoice_run(db: sqlite3.Connection, day: date, country: str, batch: int) -> bytes:
    """GET /invoice-runs/{day}.csv?country=&batch=. A day without invoices has a header line only."""
    rows = db.execute(
        "SELECT r.nummer, r.kunde, substr(r.ausgestellt, 1, 10), r.waehrung, r.netto, r.steuer, "
        "r.brutto, r.status "
        "FROM rechnung r JOIN kunde k ON k.id = r.kunde "
        "WHERE substr(r.ausgestellt, 1, 10) = ? AND k.land = ? AND k.stapel = ? ORDER BY r.id",
        (day_text(day), country, batch),
    )
    return "".join(",".join(f'"{value}"' for value in row) + "\r\n" for row in (_COLUMNS, *rows)).encode()
