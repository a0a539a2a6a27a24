"""Document numbers: what is known of each series, and what was acknowledged."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import blob, key, metadata, number, number_key, text

numbers = Table("numbers", metadata, key("series"), blob("body"), number("last_ns"))

number_acknowledgements = Table(
    "number_acknowledgements",
    metadata,
    key("series"),
    key("kind"),
    number_key("first"),
    number_key("last"),
    number("at_ns"),
    text("actor"),
    text("reason"),
)
