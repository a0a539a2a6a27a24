"""Evidence: epochs, strata, and the counters of comparisons."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from strangler.ledger.tables.columns import blob, epoch_key, key, metadata, number, number_key, row_id, text

epochs = Table(
    "epochs",
    metadata,
    row_id(),
    text("cutover"),
    text("digest"),
    text("version"),
    text("rules"),
    text("settings"),
    number("created_ns"),
    number("resumed_ns"),
    number("last_ns"),
    Column("attempt", Integer),
    number("recorded_before"),
    UniqueConstraint("cutover", "digest"),
    UniqueConstraint("cutover", "attempt"),
)

strata = Table("strata", metadata, key("label"), key("value"), number("first_ns"))

evidence = Table(
    "evidence",
    metadata,
    epoch_key(),
    key("route"),
    key("stratum"),
    key("side"),
    number("n"),
    number("k"),
    number("candidate_failed"),
    number("unsettled"),
    number("fallbacks"),
    number("twins"),
    number("duplicates"),
    number("repeats"),
    number("answers"),
    number("legacy_errors"),
    number("candidate_errors"),
    blob("legacy_latency"),
    blob("candidate_latency"),
    number("first_ns"),
    number("last_ns"),
)

failures = Table(
    "failures",
    metadata,
    epoch_key(),
    key("route"),
    key("stratum"),
    key("side"),
    key("reason"),
    number("count"),
)

minutes = Table(
    "minutes",
    metadata,
    number_key("minute"),
    epoch_key(),
    key("route"),
    key("stratum"),
    key("side"),
    number("n"),
    number("k"),
    number("candidate_failed"),
    number("unsettled"),
    number("others"),
    number("duplicates"),
)

repeats = Table("repeats", metadata, epoch_key(), number_key("block"), blob("bits"))
