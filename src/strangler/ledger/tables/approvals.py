"""What people were asked to approve, and who did."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import key, metadata, number, text

approval_requests = Table(
    "approval_requests",
    metadata,
    key("cutover"),
    key("plan"),
    key("findings"),
    text("leads_to"),
    text("asker"),
    text("maker"),
    number("at_ns"),
)

approvals = Table(
    "approvals",
    metadata,
    key("cutover"),
    key("plan"),
    key("findings"),
    key("approver"),
    text("reason"),
    number("at_ns"),
)
