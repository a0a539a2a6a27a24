"""Evidence as a fact of the ledger, where the gate finds it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from strangler.ledger.facts import Fact, put
from strangler_migrations.parity.model import Evidence

KIND: Final = "parity"


def publish(connection: Connection, subject: str, evidence: Evidence) -> Fact:
    """Put it: `phase` is the verdict, `digest` the evidence's, `at_ns` when the pass began, since what was written
    later it may not have seen.
    """
    fact = Fact(KIND, subject, evidence.verdict, evidence.digest, evidence.started_ns)
    put(connection, fact)
    return fact
