"""Ask the gate: evidence from the ledger, the policy from the file, one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.gate import Verdict, judge
from strangler.ledger.evidence import ask_evidence, read_evidence
from strangler.ledger.facts import facts
from strangler.ledger.pace import pace_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.evidence import Evidence


def ask(
    connection: Connection, loaded: Loaded, cutover: str, now_ns: int, plan: str = ""
) -> tuple[Verdict, Evidence]:
    """A verdict that counts as an attempt: what it may risk is less from attempt to attempt. Needs a write
    transaction. `plan`: id of the plan file of which the next step is one.
    """
    evidence = ask_evidence(connection, loaded, cutover, now_ns)
    return judged(connection, loaded, evidence, now_ns, plan), evidence


def look(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> tuple[Verdict, Evidence]:
    """What the gate would say now. Only read, so it is no attempt, and nothing may advance by it."""
    evidence = read_evidence(connection, loaded, cutover, now_ns)
    return judged(connection, loaded, evidence, now_ns), evidence


def judged(
    connection: Connection, loaded: Loaded, evidence: Evidence, now_ns: int, plan: str = ""
) -> Verdict:
    """The verdict on evidence that was read in this transaction."""
    policy = loaded.config.policy_of(evidence.cutover)
    waits = pace_of(connection, loaded, evidence, now_ns, plan)
    return judge(policy, evidence, facts(connection), now_ns, loaded.line_of, waits)
