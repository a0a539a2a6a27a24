"""The legacy's database: tables in the words of the people who built it, and the change log that
triggers write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

FIRST_CUSTOMER: Final = 10_001
FIRST_INVOICE: Final = 100_001
FIRST_CREDIT_NOTE: Final = 300_001
FIRST_PAYMENT: Final = 500_001
FIRST_RECEIPT: Final = 700_001

_TABLES: Final = """
CREATE TABLE kunde (
    id INTEGER PRIMARY KEY AUTOINCREMENT, konto INTEGER NOT NULL, name TEXT NOT NULL, strasse TEXT NOT NULL,
    plz TEXT NOT NULL, ort TEXT NOT NULL, land TEXT NOT NULL, ustid TEXT, waehrung TEXT NOT NULL,
    stapel INTEGER NOT NULL, seit TEXT NOT NULL
);
CREATE TABLE rechnung (
    id INTEGER PRIMARY KEY AUTOINCREMENT, nummer TEXT NOT NULL UNIQUE,
    kunde INTEGER NOT NULL REFERENCES kunde,
    ausgestellt TEXT NOT NULL, faellig TEXT NOT NULL, waehrung TEXT NOT NULL, status TEXT NOT NULL,
    steuergrund TEXT, netto TEXT NOT NULL, steuer TEXT NOT NULL, brutto TEXT NOT NULL
);
CREATE INDEX rechnung_kunde ON rechnung (kunde);
CREATE INDEX rechnung_tag ON rechnung (substr(ausgestellt, 1, 10));
CREATE TABLE rechnungsposition (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rechnung INTEGER NOT NULL REFERENCES rechnung, pos INTEGER NOT NULL,
    artikel TEXT NOT NULL, bezeichnung TEXT NOT NULL, menge TEXT NOT NULL, preis TEXT NOT NULL,
    rabatt TEXT NOT NULL, ust TEXT NOT NULL, von TEXT, bis TEXT, netto TEXT NOT NULL, steuer TEXT NOT NULL
);
CREATE INDEX position_rechnung ON rechnungsposition (rechnung, pos);
CREATE TABLE zahlung (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rechnung INTEGER NOT NULL REFERENCES rechnung, betrag TEXT NOT NULL,
    art TEXT NOT NULL, iban TEXT, eingang TEXT NOT NULL
);
CREATE INDEX zahlung_rechnung ON zahlung (rechnung);
CREATE TABLE quittung (
    id INTEGER PRIMARY KEY AUTOINCREMENT, nummer TEXT NOT NULL UNIQUE,
    zahlung INTEGER NOT NULL REFERENCES zahlung,
    ausgestellt TEXT NOT NULL
);
CREATE INDEX quittung_zahlung ON quittung (zahlung);
CREATE TABLE gutschrift (
    id INTEGER PRIMARY KEY AUTOINCREMENT, nummer TEXT NOT NULL UNIQUE,
    rechnung INTEGER NOT NULL REFERENCES rechnung,
    ausgestellt TEXT NOT NULL, grund TEXT NOT NULL, netto TEXT NOT NULL, steuer TEXT NOT NULL, brutto TEXT
NOT NULL );
CREATE INDEX gutschrift_rechnung ON gutschrift (rechnung);
CREATE TABLE nummernkreis (art TEXT PRIMARY KEY, naechste INTEGER NOT NULL);
CREATE TABLE aenderung (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, tabelle TEXT NOT NULL, zeile TEXT NOT NULL
);
INSERT INTO nummernkreis VALUES ('RE', 1), ('GS', 1), ('QU', 1);
"""

_LOGGED: Final = (
    "nummernkreis", "kunde", "rechnung", "rechnungsposition", "zahlung", "quittung", "gutschrift",
)  # fmt: skip

_STARTS: Final = {
    "kunde": FIRST_CUSTOMER,
    "rechnung": FIRST_INVOICE,
    "gutschrift": FIRST_CREDIT_NOTE,
    "zahlung": FIRST_PAYMENT,
    "quittung": FIRST_RECEIPT,
}


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables, their triggers and the first numbers, in an empty database."""
    connection.executescript(_TABLES)
    for statement in _triggers(connection):
        connection.execute(statement)
    for table, first in _STARTS.items():
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, first - 1))


def _triggers(connection: sqlite3.Connection) -> Iterator[str]:
    """Every row image goes to the log in the writer's own transaction. Rows are never deleted."""
    for table in _LOGGED:
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
        image = ", ".join(f"'{column}', NEW.{column}" for column in columns)
        for event in ("INSERT", "UPDATE"):
            yield (
                f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN "  # noqa: S608  names from above
                "INSERT INTO aenderung (at_ms, tabelle, zeile) VALUES "
                "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), "
                f"'{table}', json_object({image})); END"
            )
