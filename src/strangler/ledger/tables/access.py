"""Who may, and who is in: tokens and sessions, neither with its secret."""

from __future__ import annotations

from sqlalchemy import Index, Table

from strangler.ledger.tables.columns import key, metadata, number, text

access_tokens = Table(
    "access_tokens",
    metadata,
    key("id"),
    text("hash"),
    text("name"),
    text("roles"),
    number("created_ns"),
    text("created_by"),
    number("expires_ns"),
    number("revoked_ns"),
)

access_sessions = Table(
    "access_sessions",
    metadata,
    key("hash"),
    text("name"),
    text("roles"),
    text("via"),
    text("token", ""),
    number("began_ns"),
    number("seen_ns"),
    number("ends_ns"),
)
Index(None, access_sessions.c.token)
