"""How far plan files were carried out."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import key, number, text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "plans",
        key("plan"),
        text("cutover"),
        number("generation"),
        text("epoch"),
        text("findings"),
        number("at_ns"),
    )
