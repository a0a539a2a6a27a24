"""What comparisons show beyond themselves: noise, the use of rules, learned pairs."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import blob, epoch_key, key, metadata, number, text

noise = Table(
    "noise",
    metadata,
    epoch_key(),
    key("route"),
    key("location"),
    key("kind"),
    text("cause"),
    number("count"),
    text("first"),
    text("second"),
    number("last_ns"),
)

rule_hits = Table(
    "rule_hits", metadata, epoch_key(), key("route"), key("rule"), number("count"), number("last_ns")
)

learned = Table(
    "learned",
    metadata,
    epoch_key(),
    key("route"),
    blob("body"),
    number("last_ns"),
)

observations = Table(
    "observations",
    metadata,
    key("rule"),
    key("legacy"),
    key("candidate"),
    number("count"),
    number("first_ns"),
)
