"""The ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_prev")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.create_table(
        "cutovers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("since_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cutovers")),
    )
    op.create_table(
        "divergences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("cutover", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("fingerprint_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("legacy", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("first_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_divergences")),
    )
    op.create_index(op.f("ix_divergences_cutover"), "divergences", ["cutover"], unique=False)
    op.create_index(op.f("ix_divergences_fingerprint"), "divergences", ["fingerprint"], unique=False)
    op.create_table(
        "epochs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cutover", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("resumed_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epochs")),
        sa.UniqueConstraint("cutover", "attempt", name=op.f("uq_epochs_cutover_attempt")),
        sa.UniqueConstraint("cutover", "digest", name=op.f("uq_epochs_cutover_digest")),
    )
    op.create_table(
        "facts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_facts")),
    )
    op.create_table(
        "losses",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("minute", "epoch", "reason", "route", name=op.f("pk_losses")),
    )
    op.create_table(
        "observations",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("legacy", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("rule", "legacy", "candidate", name=op.f("pk_observations")),
    )
    op.create_table(
        "served",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("legacy", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("candidate", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fallback", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("minute", "route", name=op.f("pk_served")),
    )
    op.create_table(
        "strata",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("label", "value", name=op.f("pk_strata")),
    )
    op.create_table(
        "streams",
        sa.Column("plane", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("recorded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dropped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("shed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("gaps", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("heartbeat_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("plane", "boot", name=op.f("pk_streams")),
    )
    op.create_table(
        "tables",
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation", name=op.f("pk_tables")),
    )
    op.create_table(
        "workers",
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("heartbeat_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("flush", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_workers")),
    )
    op.create_table(
        "divergence_drift",
        sa.Column("divergence", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["divergence"], ["divergences.id"], name=op.f("fk_divergence_drift_divergence")
        ),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_divergence_drift_epoch")),
        sa.PrimaryKeyConstraint("divergence", "epoch", "currency", name=op.f("pk_divergence_drift")),
    )
    op.create_table(
        "divergence_epochs",
        sa.Column("divergence", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wrong_amounts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["divergence"], ["divergences.id"], name=op.f("fk_divergence_epochs_divergence")
        ),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_divergence_epochs_epoch")),
        sa.PrimaryKeyConstraint("divergence", "epoch", name=op.f("pk_divergence_epochs")),
    )
    op.create_index(op.f("ix_divergence_epochs_epoch"), "divergence_epochs", ["epoch"], unique=False)
    op.create_table(
        "divergence_minutes",
        sa.Column("divergence", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["divergence"], ["divergences.id"], name=op.f("fk_divergence_minutes_divergence")
        ),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_divergence_minutes_epoch")),
        sa.PrimaryKeyConstraint(
            "divergence", "epoch", "stratum", "minute", name=op.f("pk_divergence_minutes")
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("k", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("candidate_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unsettled", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fallbacks", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("twins", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("legacy_latency", sa.LargeBinary(), nullable=False),
        sa.Column("candidate_latency", sa.LargeBinary(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_evidence_epoch")),
        sa.PrimaryKeyConstraint("epoch", "route", "stratum", "side", name=op.f("pk_evidence")),
    )
    op.create_table(
        "exemplars",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("divergence", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("at_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("redaction_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["divergence"], ["divergences.id"], name=op.f("fk_exemplars_divergence")),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_exemplars_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemplars")),
    )
    op.create_index(op.f("ix_exemplars_divergence"), "exemplars", ["divergence"], unique=False)
    op.create_table(
        "failures",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_failures_epoch")),
        sa.PrimaryKeyConstraint("epoch", "route", "stratum", "side", "reason", name=op.f("pk_failures")),
    )
    op.create_table(
        "minutes",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("k", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("candidate_failed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unsettled", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("others", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_minutes_epoch")),
        sa.PrimaryKeyConstraint("minute", "epoch", "route", "stratum", "side", name=op.f("pk_minutes")),
    )
    op.create_table(
        "noise",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_noise_epoch")),
        sa.PrimaryKeyConstraint("epoch", "route", "location", "kind", name=op.f("pk_noise")),
    )
    op.create_table(
        "rule_hits",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_ns", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.id"], name=op.f("fk_rule_hits_epoch")),
        sa.PrimaryKeyConstraint("epoch", "route", "rule", name=op.f("pk_rule_hits")),
    )
