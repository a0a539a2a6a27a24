"""How far each webhook was told of the audit."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import key, metadata, number, text

notifications = Table(
    "notifications",
    metadata,
    key("target"),
    number("seq"),
    number("sent"),
    number("given_up"),
    text("problem", ""),
    number("at_ns"),
)
