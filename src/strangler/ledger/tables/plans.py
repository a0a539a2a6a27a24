"""Plan files, as far as they were carried out."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import key, metadata, number, text

plans = Table(
    "plans",
    metadata,
    key("plan"),
    text("cutover"),
    number("generation"),
    text("epoch"),
    text("findings"),
    number("at_ns"),
)
