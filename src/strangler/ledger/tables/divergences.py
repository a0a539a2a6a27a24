"""Divergences, and what is kept of each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from strangler.ledger.tables.columns import (
    blob,
    divergence_key,
    epoch_key,
    key,
    metadata,
    number,
    number_key,
    row_id,
    text,
)

divergences = Table(
    "divergences",
    metadata,
    key("id"),
    text("cutover"),
    text("route"),
    text("fingerprint"),
    number("fingerprint_version"),
    text("location"),
    text("kind"),
    text("cause"),
    text("severity"),
    text("detail"),
    text("legacy"),
    text("candidate"),
    text("merged_into"),
    text("claims", ""),
    text("state"),
    number("state_ns"),
    text("reason", ""),
    text("actor", ""),
    text("rule", ""),
    text("resolved_in", ""),
    text("regressed_in", ""),
    number("first_ns"),
    number("last_ns"),
    number("times"),
    number("drift_rank"),
    Index(None, "cutover"),
    Index(None, "fingerprint"),
    Index(None, "merged_into", "state", "severity", "cause", "route", "cutover"),
    Index(
        "ix_divergences_worst",
        "drift_rank",
        "times",
        "id",
        "severity",
        "state",
        "cause",
        "route",
        "merged_into",
    ),
    # Of rows with claims only, says revision 0017: here that would load the dialect of PostgreSQL at every start.
    Index("ix_divergences_claimed", "merged_into", "state", "severity"),
)

divergence_epochs = Table(
    "divergence_epochs",
    metadata,
    divergence_key(),
    epoch_key(),
    number("count"),
    number("wrong_amounts"),
    number("first_ns"),
    number("last_ns"),
    Index(None, "epoch"),
)

divergence_minutes = Table(
    "divergence_minutes",
    metadata,
    divergence_key(),
    epoch_key(),
    key("stratum"),
    number_key("minute"),
    number("count"),
    Index(None, "stratum", "epoch", "divergence"),
)

divergence_drift = Table(
    "divergence_drift",
    metadata,
    divergence_key(),
    epoch_key(),
    key("currency"),
    text("amount"),
    number("count"),
)

exemplars = Table(
    "exemplars",
    metadata,
    row_id(),
    Column("divergence", Text, ForeignKey("divergences.id"), nullable=False),
    Column("epoch", BigInteger, ForeignKey("epochs.id"), nullable=False),
    number("score"),
    number("at_ns"),
    text("origin"),
    blob("document"),
    number("redaction_version"),
    text("key_id"),
    Index(None, "divergence"),
)
