"""How far each webhook was told of the audit."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import key, number, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "notifications",
        key("target"),
        number("seq"),
        number("sent"),
        number("given_up"),
        text("problem", ""),
        number("at_ns"),
    )
