"""How far a plan file was carried out: where its latest step left the cutover, and on what findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from strangler.ledger.tables import plans
from strangler.ledger.upsert import upsert

if TYPE_CHECKING:
    from strangler.evidence import Evidence


class Progress(NamedTuple):
    """`generation`: of the state that the latest step made; `epoch` (its digest) and `findings`: as they stood then."""

    generation: int
    epoch: str
    findings: str


def note(connection: Connection, plan: str, evidence: Evidence, now_ns: int) -> None:
    """A step of the plan was taken, and `evidence` is how things stand after it. In the transaction that took it."""
    row = {
        "plan": plan,
        "cutover": evidence.cutover,
        "generation": evidence.generation,
        "epoch": evidence.digest,
        "findings": evidence.findings_hash(),
        "at_ns": now_ns,
    }
    upsert(connection, plans, [row], replace=("cutover", "generation", "epoch", "findings", "at_ns"))


def progress(connection: Connection, plan: str, cutover: str) -> Progress | None:
    """How far it is; None before its first step."""
    statement = select(plans.c.generation, plans.c.epoch, plans.c.findings).where(
        plans.c.plan == plan, plans.c.cutover == cutover
    )
    row = connection.execute(statement).first()
    return None if row is None else Progress(row.generation, row.epoch, row.findings)
