"""Tokens and sessions."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import key, number, text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add both."""
    op.create_table(
        "access_tokens",
        key("id"),
        text("hash"),
        text("name"),
        text("roles"),
        number("created_ns"),
        text("created_by"),
        number("expires_ns"),
        number("revoked_ns"),
    )
    op.create_table(
        "access_sessions",
        key("hash"),
        text("name"),
        text("roles"),
        text("via"),
        text("token", ""),
        number("began_ns"),
        number("seen_ns"),
        number("ends_ns"),
    )
    op.create_index("ix_access_sessions_token", "access_sessions", ["token"])
