"""Ask the gate: evidence from the ledger, the policy from the file, one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.gate import Verdict, judge
from strangler.ledger.evidence import ask_evidence, read_evidence
from strangler.ledger.facts import facts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.evidence import Evidence


def ask(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> tuple[Verdict, Evidence]:
    """A verdict that counts as an attempt: what it may risk is less from attempt to attempt. Needs a write
    transaction.
    """
    evidence = ask_evidence(connection, loaded, cutover, now_ns)
    return _judged(connection, loaded, evidence, now_ns), evidence


def look(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> tuple[Verdict, Evidence]:
    """What the gate would say now. Only read, so it is no attempt, and nothing may advance by it."""
    evidence = read_evidence(connection, loaded, cutover, now_ns)
    return _judged(connection, loaded, evidence, now_ns), evidence


def _judged(connection: Connection, loaded: Loaded, evidence: Evidence, now_ns: int) -> Verdict:
    policy = loaded.config.policy_of(evidence.cutover)
    return judge(policy, evidence, facts(connection), now_ns, loaded.line_of)
