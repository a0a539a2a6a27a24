"""The ledger. Its tables stand here once more: a revision stays as it is when the tables move on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from strangler.ledger.tables.columns import (
    blob,
    divergence_key,
    epoch_key,
    flag,
    key,
    number,
    number_key,
    row_id,
    text,
)

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
        row_id(),
        text("cutover"),
        text("digest"),
        text("version"),
        text("rules"),
        text("settings"),
        number("created_ns"),
        number("resumed_ns"),
        number("last_ns"),
        sa.Column("attempt", sa.Integer()),
        number("recorded_before"),
        sa.UniqueConstraint("cutover", "attempt", name=op.f("uq_epochs_cutover_attempt")),
        sa.UniqueConstraint("cutover", "digest", name=op.f("uq_epochs_cutover_digest")),
    )
    op.create_table("strata", key("label"), key("value"), number("first_ns"))


def _evidence() -> None:
    op.create_table(
        "evidence",
        *_cell(),
        number("n"),
        number("k"),
        number("candidate_failed"),
        number("unsettled"),
        number("fallbacks"),
        number("twins"),
        blob("legacy_latency"),
        blob("candidate_latency"),
        number("first_ns"),
        number("last_ns"),
    )
    op.create_table("failures", *_cell(), key("reason"), number("count"))


def _minutes() -> None:
    op.create_table(
        "minutes",
        number_key("minute"),
        *_cell(),
        number("n"),
        number("k"),
        number("candidate_failed"),
        number("unsettled"),
        number("others"),
    )


def _planes_and_workers() -> None:
    op.create_table("workers", key("worker"), number("heartbeat_ns"), number("flush"))
    op.create_table(
        "streams",
        key("plane"),
        key("boot"),
        number("pid"),
        number("generation"),
        number("sent"),
        number("recorded"),
        number("dropped"),
        number("shed"),
        number("gaps"),
        number("heartbeat_ns"),
        flag("ended"),
        blob("counts"),
    )


def _losses_and_served() -> None:
    op.create_table(
        "losses",
        number_key("minute"),
        number_key("epoch"),
        key("reason"),
        key("route"),
        number("count"),
    )
    op.create_table(
        "served",
        number_key("minute"),
        key("route"),
        number("legacy"),
        number("candidate"),
        number("fallback"),
    )


def _divergences() -> None:
    op.create_table(
        "divergences",
        key("id"),
        text("cutover"),
        text("route"),
        text("fingerprint"),
        number("fingerprint_version"),
        *(text(name) for name in ("location", "kind", "cause", "severity", "detail")),
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
    )
    op.create_index(op.f("ix_divergences_cutover"), "divergences", ["cutover"])
    op.create_index(op.f("ix_divergences_fingerprint"), "divergences", ["fingerprint"])


def _divergence_counts() -> None:
    op.create_table(
        "divergence_epochs",
        divergence_key(),
        epoch_key(),
        number("count"),
        number("wrong_amounts"),
        number("first_ns"),
        number("last_ns"),
    )
    op.create_index(op.f("ix_divergence_epochs_epoch"), "divergence_epochs", ["epoch"])
    op.create_table(
        "divergence_minutes",
        divergence_key(),
        epoch_key(),
        key("stratum"),
        number_key("minute"),
        number("count"),
    )
    op.create_table(
        "divergence_drift",
        divergence_key(),
        epoch_key(),
        key("currency"),
        text("amount"),
        number("count"),
    )


def _exemplars() -> None:
    op.create_table(
        "exemplars",
        row_id(),
        sa.Column("divergence", sa.Text(), sa.ForeignKey("divergences.id"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), sa.ForeignKey("epochs.id"), nullable=False),
        number("score"),
        number("at_ns"),
        text("origin"),
        blob("document"),
        number("redaction_version"),
        text("key_id"),
    )
    op.create_index(op.f("ix_exemplars_divergence"), "exemplars", ["divergence"])


def _noise_and_rules() -> None:
    op.create_table(
        "noise",
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
    op.create_table("rule_hits", epoch_key(), key("route"), key("rule"), number("count"), number("last_ns"))
    op.create_table("learned", epoch_key(), key("route"), blob("body"), number("last_ns"))
    op.create_table(
        "observations",
        key("rule"),
        key("legacy"),
        key("candidate"),
        number("count"),
        number("first_ns"),
    )


def _routing() -> None:
    op.create_table(
        "cutovers",
        key("name"),
        text("phase"),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        flag("paused"),
        number("generation"),
        number("since_ns"),
        text("reason"),
        text("actor"),
    )
    op.create_table("tables", number_key("generation"), number("issued_ns"), text("digest"), blob("body"))


def _facts_and_audit() -> None:
    op.create_table("facts", key("kind"), key("subject"), text("phase"), text("digest"), number("at_ns"))
    op.create_table(
        "audit",
        number_key("seq"),
        text("prev"),
        text("hash"),
        text("body"),
        text("subject"),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_prev")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"])
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _cell() -> tuple[sa.Column[int], sa.Column[str], sa.Column[str], sa.Column[str]]:
    """What evidence is kept by."""
    return epoch_key(), key("route"), key("stratum"), key("side")
