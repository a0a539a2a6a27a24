"""Coverage: which kinds of requests production has, and which of them were compared in an epoch."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import epoch_key, key, metadata, number

sightings = Table(
    "sightings", metadata, key("route"), key("kind"), key("value"), number("count"), number("last_ns")
)

covered = Table("covered", metadata, epoch_key(), key("route"), key("kind"), key("value"), number("count"))
