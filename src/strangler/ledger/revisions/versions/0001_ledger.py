"""The ledger. The columns' helpers stand here once more: a revision stays as it is when the tables move on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SQLITE = """\
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END

-- REPLACE deletes without asking the trigger above, unless recursive_triggers is on.
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR hash = NEW.hash OR prev = NEW.prev)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: this link is not unique'); END
"""
_POSTGRESQL = """\
CREATE FUNCTION strangler_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION strangler_append_only()

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION strangler_append_only()

-- ALWAYS: session_replication_role = replica does not switch them off.
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_append_only

ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_no_truncate
"""
_GUARDS = {"sqlite": _SQLITE.split("\n\n"), "postgresql": _POSTGRESQL.split("\n\n")}
"""The audit takes no update and no delete, whoever asks; only who owns the table can lift that."""


def upgrade() -> None:
    """Make all tables."""
    _epochs()
    _evidence()
    _minutes()
    _planes_and_workers()
    _losses_and_served()
    _divergences()
    _divergence_counts()
    _exemplars()
    _noise_and_rules()
    _routing()
    _facts_and_audit()


def _epochs() -> None:
    op.create_table(
        "epochs",
        _id(),
        _text("cutover"),
        _text("digest"),
        _text("version"),
        _text("rules"),
        _text("settings"),
        _number("created_ns"),
        _number("resumed_ns"),
        _number("last_ns"),
        sa.Column("attempt", sa.Integer()),
        _number("recorded_before"),
        sa.UniqueConstraint("cutover", "attempt", name=op.f("uq_epochs_cutover_attempt")),
        sa.UniqueConstraint("cutover", "digest", name=op.f("uq_epochs_cutover_digest")),
    )
    op.create_table("strata", _key("label"), _key("value"), _number("first_ns"))


def _evidence() -> None:
    op.create_table(
        "evidence",
        *_cell(),
        _number("n"),
        _number("k"),
        _number("candidate_failed"),
        _number("unsettled"),
        _number("fallbacks"),
        _number("twins"),
        _bytes("legacy_latency"),
        _bytes("candidate_latency"),
        _number("first_ns"),
        _number("last_ns"),
    )
    op.create_table("failures", *_cell(), _key("reason"), _number("count"))


def _minutes() -> None:
    op.create_table(
        "minutes",
        _number_key("minute"),
        *_cell(),
        _number("n"),
        _number("k"),
        _number("candidate_failed"),
        _number("unsettled"),
        _number("others"),
    )


def _planes_and_workers() -> None:
    op.create_table("workers", _key("worker"), _number("heartbeat_ns"), _number("flush"))
    op.create_table(
        "streams",
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
        sa.Column("ended", sa.Boolean(), nullable=False),
        _bytes("counts"),
    )


def _losses_and_served() -> None:
    op.create_table(
        "losses",
        _number_key("minute"),
        _number_key("epoch"),
        _key("reason"),
        _key("route"),
        _number("count"),
    )
    op.create_table(
        "served",
        _number_key("minute"),
        _key("route"),
        _number("legacy"),
        _number("candidate"),
        _number("fallback"),
    )


def _divergences() -> None:
    op.create_table(
        "divergences",
        _key("id"),
        _text("cutover"),
        _text("route"),
        _text("fingerprint"),
        _number("fingerprint_version"),
        *(_text(name) for name in ("location", "kind", "cause", "severity", "detail")),
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
    )
    op.create_index(op.f("ix_divergences_cutover"), "divergences", ["cutover"])
    op.create_index(op.f("ix_divergences_fingerprint"), "divergences", ["fingerprint"])


def _divergence_counts() -> None:
    op.create_table(
        "divergence_epochs",
        _divergence_key(),
        _epoch_key(),
        _number("count"),
        _number("wrong_amounts"),
        _number("first_ns"),
        _number("last_ns"),
    )
    op.create_index(op.f("ix_divergence_epochs_epoch"), "divergence_epochs", ["epoch"])
    op.create_table(
        "divergence_minutes",
        _divergence_key(),
        _epoch_key(),
        _key("stratum"),
        _number_key("minute"),
        _number("count"),
    )
    op.create_table(
        "divergence_drift",
        _divergence_key(),
        _epoch_key(),
        _key("currency"),
        _text("amount"),
        _number("count"),
    )


def _exemplars() -> None:
    op.create_table(
        "exemplars",
        _id(),
        sa.Column("divergence", sa.Text(), sa.ForeignKey("divergences.id"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), sa.ForeignKey("epochs.id"), nullable=False),
        _number("score"),
        _number("at_ns"),
        _text("origin"),
        _bytes("document"),
        _number("redaction_version"),
        _text("key_id"),
    )
    op.create_index(op.f("ix_exemplars_divergence"), "exemplars", ["divergence"])


def _noise_and_rules() -> None:
    op.create_table(
        "noise",
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
    op.create_table(
        "rule_hits", _epoch_key(), _key("route"), _key("rule"), _number("count"), _number("last_ns")
    )
    op.create_table("learned", _epoch_key(), _key("route"), _bytes("body"), _number("last_ns"))
    op.create_table(
        "observations",
        _key("rule"),
        _key("legacy"),
        _key("candidate"),
        _number("count"),
        _number("first_ns"),
    )


def _routing() -> None:
    op.create_table(
        "cutovers",
        _key("name"),
        _text("phase"),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        _number("generation"),
        _number("since_ns"),
        _text("reason"),
        _text("actor"),
    )
    op.create_table(
        "tables", _number_key("generation"), _number("issued_ns"), _text("digest"), _bytes("body")
    )


def _facts_and_audit() -> None:
    op.create_table("facts", _key("kind"), _key("subject"), _text("phase"), _text("digest"), _number("at_ns"))
    op.create_table(
        "audit",
        _number_key("seq"),
        _text("prev"),
        _text("hash"),
        _text("body"),
        _text("subject"),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_prev")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _number_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), primary_key=True, autoincrement=False)


def _epoch_key() -> sa.Column[int]:
    return sa.Column(
        "epoch", sa.BigInteger(), sa.ForeignKey("epochs.id"), primary_key=True, autoincrement=False
    )


def _divergence_key() -> sa.Column[str]:
    return sa.Column("divergence", sa.Text(), sa.ForeignKey("divergences.id"), primary_key=True)


def _cell() -> tuple[sa.Column[int], sa.Column[str], sa.Column[str], sa.Column[str]]:
    """What evidence is kept by."""
    return _epoch_key(), _key("route"), _key("stratum"), _key("side")
