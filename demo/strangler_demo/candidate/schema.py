"""The candidate's database: its own design, fed by the replicator until it is promoted."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from strangler_demo import storage

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE, name TEXT NOT NULL, street TEXT NOT NULL,
    postal_code TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL, vat_id TEXT, currency TEXT NOT NULL,
    batch INTEGER NOT NULL, since TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id INTEGER NOT NULL,
    issued_at TEXT NOT NULL, run_day TEXT NOT NULL, due_on TEXT NOT NULL, currency TEXT NOT NULL,
    status TEXT NOT NULL,
    reverse_charge INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS invoices_of_customer ON invoices (customer_id);
CREATE INDEX IF NOT EXISTS invoices_of_run ON invoices (run_day);
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL, position INTEGER NOT NULL, sku TEXT NOT NULL,
    text TEXT NOT NULL, quantity_milli INTEGER NOT NULL, unit_price_e4 INTEGER NOT NULL,
    discount_bp INTEGER NOT NULL, vat_bp INTEGER NOT NULL, first TEXT, last TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS lines_of_invoice ON lines (invoice_id, position);
CREATE TABLE IF NOT EXISTS payments (
    id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL, amount_minor INTEGER NOT NULL, method TEXT NOT NULL,
    iban TEXT, received_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS payments_of_invoice ON payments (invoice_id);
CREATE TABLE IF NOT EXISTS receipts (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, payment_id INTEGER NOT NULL, issued_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS credit_notes (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, invoice_id INTEGER NOT NULL, issued_at TEXT NOT NULL,
    reason TEXT NOT NULL, net_minor INTEGER NOT NULL, tax_minor INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS credit_notes_of_invoice ON credit_notes (invoice_id);
CREATE TABLE IF NOT EXISTS series (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS replication (
    one INTEGER PRIMARY KEY CHECK (one = 1), role TEXT NOT NULL, applied_seq INTEGER NOT NULL,
    current_as_of_ms INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO replication VALUES (1, 'follower', 0, 0);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the database and makes what is missing."""
    connection = storage.connect(path)
    connection.executescript(_TABLES)
    return connection
