"""Writes of the API that were begun under a key, and what was answered."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import key, metadata, number, text

answered_writes = Table(
    "answered_writes",
    metadata,
    key("caller"),
    key("key"),
    text("digest"),
    number("begun_ns"),
    number("status"),
    text("body", ""),
)
"""`digest`: of what was asked; `status` 0: not answered yet."""
