"""Requests for approval, and approvals."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import key, number, text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "approval_requests",
        key("cutover"),
        key("plan"),
        key("findings"),
        text("leads_to"),
        text("asker"),
        text("maker"),
        number("at_ns"),
    )
    op.create_table(
        "approvals",
        key("cutover"),
        key("plan"),
        key("findings"),
        key("approver"),
        text("reason"),
        number("at_ns"),
    )
