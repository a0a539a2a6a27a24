"""Document numbers that both systems draw."""

from __future__ import annotations

from alembic import op

from strangler.ledger.tables.columns import blob, key, number, number_key, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table("numbers", key("series"), blob("body"), number("last_ns"))
    op.create_table(
        "number_acknowledgements",
        key("series"),
        key("kind"),
        number_key("first"),
        number_key("last"),
        number("at_ns"),
        text("actor"),
        text("reason"),
    )
