"""The ledger's tables: counters, divergences, transitions. Rows follow minutes, routes and strata, never
traffic.

Times are Unix nanoseconds; `minute` is Unix time in whole minutes. Amounts are decimal text, exact.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

MINUTE_NS: Final = 60_000_000_000
REVISION: Final = "0001"
"""The Alembic revision these tables are; a ledger of another one is not read."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite gives out row ids for INTEGER PRIMARY KEY only.
_Id = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _number_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _epoch_key() -> Column[int]:
    return Column("epoch", BigInteger, ForeignKey("epochs.id"), primary_key=True, autoincrement=False)


def _divergence_key() -> Column[str]:
    return Column("divergence", Text, ForeignKey("divergences.id"), primary_key=True)


epochs = Table(
    "epochs",
    metadata,
    Column("id", _Id, primary_key=True),
    _text("cutover"),
    _text("digest"),
    _text("version"),
    _text("rules"),
    _text("settings"),
    _number("created_ns"),
    _number("resumed_ns"),
    _number("last_ns"),
    Column("attempt", Integer),
    _number("recorded_before"),
    UniqueConstraint("cutover", "digest"),
    UniqueConstraint("cutover", "attempt"),
)

strata = Table("strata", metadata, _key("label"), _key("value"), _number("first_ns"))

evidence = Table(
    "evidence",
    metadata,
    _epoch_key(),
    _key("route"),
    _key("stratum"),
    _key("side"),
    _number("n"),
    _number("k"),
    _number("candidate_failed"),
    _number("unsettled"),
    _number("fallbacks"),
    _number("twins"),
    Column("legacy_latency", LargeBinary, nullable=False),
    Column("candidate_latency", LargeBinary, nullable=False),
    _number("first_ns"),
    _number("last_ns"),
)

failures = Table(
    "failures",
    metadata,
    _epoch_key(),
    _key("route"),
    _key("stratum"),
    _key("side"),
    _key("reason"),
    _number("count"),
)

minutes = Table(
    "minutes",
    metadata,
    _number_key("minute"),
    _epoch_key(),
    _key("route"),
    _key("stratum"),
    _key("side"),
    _number("n"),
    _number("k"),
    _number("candidate_failed"),
    _number("unsettled"),
    _number("others"),
)

workers = Table("workers", metadata, _key("worker"), _number("heartbeat_ns"), _number("flush"))

streams = Table(
    "streams",
    metadata,
    _key("plane"),
    _key("boot"),
    _number("pid"),
    _number("generation"),
    _number("sent"),
    _number("recorded"),
    _number("dropped"),
    _number("shed"),
    _number("gaps"),
    _number("heartbeat_ns"),
    Column("ended", Boolean, nullable=False),
    Column("counts", LargeBinary, nullable=False),
)

losses = Table(
    "losses",
    metadata,
    _number_key("minute"),
    _number_key("epoch"),  # 0 where nobody can tell it
    _key("reason"),
    _key("route"),
    _number("count"),
)

served = Table(
    "served",
    metadata,
    _number_key("minute"),
    _key("route"),
    _number("legacy"),
    _number("candidate"),
    _number("fallback"),
)

divergences = Table(
    "divergences",
    metadata,
    _key("id"),
    _text("cutover"),
    _text("route"),
    _text("fingerprint"),
    _number("fingerprint_version"),
    _text("location"),
    _text("kind"),
    _text("cause"),
    _text("severity"),
    _text("detail"),
    _text("legacy"),
    _text("candidate"),
    _text("merged_into"),
    _text("claims", ""),
    _text("state"),
    _number("state_ns"),
    _text("reason", ""),
    _text("actor", ""),
    _text("rule", ""),
    _text("resolved_in", ""),
    _text("regressed_in", ""),
    _number("first_ns"),
    _number("last_ns"),
    Index(None, "cutover"),
    Index(None, "fingerprint"),
)

divergence_epochs = Table(
    "divergence_epochs",
    metadata,
    _divergence_key(),
    _epoch_key(),
    _number("count"),
    _number("wrong_amounts"),
    _number("first_ns"),
    _number("last_ns"),
    Index(None, "epoch"),
)

divergence_minutes = Table(
    "divergence_minutes",
    metadata,
    _divergence_key(),
    _epoch_key(),
    _key("stratum"),
    _number_key("minute"),
    _number("count"),
)

divergence_drift = Table(
    "divergence_drift",
    metadata,
    _divergence_key(),
    _epoch_key(),
    _key("currency"),
    _text("amount"),
    _number("count"),
)

exemplars = Table(
    "exemplars",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("divergence", Text, ForeignKey("divergences.id"), nullable=False),
    Column("epoch", BigInteger, ForeignKey("epochs.id"), nullable=False),
    _number("score"),
    _number("at_ns"),
    _text("origin"),
    Column("document", LargeBinary, nullable=False),
    _number("redaction_version"),
    _text("key_id"),
    Index(None, "divergence"),
)

noise = Table(
    "noise",
    metadata,
    _epoch_key(),
    _key("route"),
    _key("location"),
    _key("kind"),
    _text("cause"),
    _number("count"),
    _text("first"),
    _text("second"),
    _number("last_ns"),
)

rule_hits = Table(
    "rule_hits", metadata, _epoch_key(), _key("route"), _key("rule"), _number("count"), _number("last_ns")
)

learned = Table(
    "learned",
    metadata,
    _epoch_key(),
    _key("route"),
    Column("body", LargeBinary, nullable=False),
    _number("last_ns"),
)

observations = Table(
    "observations",
    metadata,
    _key("rule"),
    _key("legacy"),
    _key("candidate"),
    _number("count"),
    _number("first_ns"),
)

cutovers = Table(
    "cutovers",
    metadata,
    _key("name"),
    _text("phase"),
    Column("step", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("paused", Boolean, nullable=False),
    _number("generation"),
    _number("since_ns"),
    _text("reason"),
    _text("actor"),
)

tables = Table(
    "tables",
    metadata,
    _number_key("generation"),
    _number("issued_ns"),
    _text("digest"),
    Column("body", LargeBinary, nullable=False),
)

facts = Table(
    "facts", metadata, _key("kind"), _key("subject"), _text("phase"), _text("digest"), _number("at_ns")
)

audit = Table(
    "audit",
    metadata,
    _number_key("seq"),
    Column("prev", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    _text("body"),
    _text("subject"),
    Index(None, "subject"),
)
