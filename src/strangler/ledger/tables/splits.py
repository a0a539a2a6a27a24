"""How a canary's customers were split: bitmaps of the 10,000 buckets, a row per step."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import blob, key, metadata, number, number_key, real

splits = Table(
    "splits",
    metadata,
    key("cutover"),
    number_key("generation"),
    number("weight"),  # -1: of a table that the ledger never made
    blob("seen"),
    blob("candidate"),
    blob("wrong"),
    real("log_e"),
)

split_requests = Table(
    "split_requests",
    metadata,
    key("cutover"),
    number_key("generation"),
    key("route"),
    number("named"),
    number("nameless"),
)
