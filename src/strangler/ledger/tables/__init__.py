"""The ledger's tables: counters, divergences, transitions. Rows follow minutes, routes and strata, never
traffic.

Times are Unix nanoseconds; `minute` is Unix time in whole minutes. Amounts are decimal text, exact.
"""

from __future__ import annotations

from typing import Final

from strangler.ledger.tables.access import access_sessions, access_tokens
from strangler.ledger.tables.answered import answered_writes
from strangler.ledger.tables.approvals import approval_requests, approvals
from strangler.ledger.tables.census import census
from strangler.ledger.tables.columns import metadata
from strangler.ledger.tables.coverage import covered, sightings
from strangler.ledger.tables.divergences import (
    divergence_drift,
    divergence_epochs,
    divergence_minutes,
    divergences,
    exemplars,
)
from strangler.ledger.tables.evidence import epochs, evidence, failures, minutes, repeats, strata
from strangler.ledger.tables.learning import learned, noise, observations, rule_hits
from strangler.ledger.tables.moves import audit, cutovers, facts, tables
from strangler.ledger.tables.notifications import notifications
from strangler.ledger.tables.numbers import number_acknowledgements, numbers
from strangler.ledger.tables.plans import plans
from strangler.ledger.tables.splits import split_requests, splits
from strangler.ledger.tables.traffic import losses, served, streams, workers

MINUTE_NS: Final = 60_000_000_000
REVISION: Final = "0017"
"""The Alembic revision these tables are; a ledger of another one is not read."""

__all__ = [
    "MINUTE_NS",
    "REVISION",
    "access_sessions",
    "access_tokens",
    "answered_writes",
    "approval_requests",
    "approvals",
    "audit",
    "census",
    "covered",
    "cutovers",
    "divergence_drift",
    "divergence_epochs",
    "divergence_minutes",
    "divergences",
    "epochs",
    "evidence",
    "exemplars",
    "facts",
    "failures",
    "learned",
    "losses",
    "metadata",
    "minutes",
    "noise",
    "notifications",
    "number_acknowledgements",
    "numbers",
    "observations",
    "plans",
    "repeats",
    "rule_hits",
    "served",
    "sightings",
    "split_requests",
    "splits",
    "strata",
    "streams",
    "tables",
    "workers",
]
