"""Census: cycles that were replayed whole, per stratum."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import epoch_key, key, metadata, number

census = Table(
    "census",
    metadata,
    epoch_key(),
    key("route"),
    key("stratum"),
    key("cycle"),
    number("first_ns"),
    number("end_ns"),
    number("n"),
    number("k"),
    number("total"),
    number("missed"),
    number("watched"),
    number("at_ns"),
)
