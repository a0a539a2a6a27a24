"""Agree to a step that somebody else asked for, on what is known now. The command line and the pages do it by this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.errors import Conflict
from strangler.ledger import approvals
from strangler.ledger.evidence import read_evidence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.ledger.approvals import Request


def agree(
    connection: Connection,
    loaded: Loaded,
    cutover: str,
    plan: str,
    approver: str,
    reason: str,
    now_ns: int,
    *,
    via: str = "",
    findings: str = "",
) -> tuple[Request, bool]:
    """What was agreed to, and whether that is new. Needs a write transaction.

    `plan`: the beginning of its id, or empty where one thing is asked. `findings`: hash of those that the approver
    looked at, where they are to be the present ones. Raises Refused, UsageError, and Conflict where they are not.
    """
    evidence = read_evidence(connection, loaded, cutover, now_ns)
    if findings not in ("", evidence.findings_hash()):
        raise Conflict(
            "something was found since you looked, or the cutover moved",
            where=f"cutover {cutover}",
            remedy="look at it again, and decide again",
        )
    expire_ms = loaded.config.policy_of(cutover).approvals_expire
    return approvals.approve(connection, evidence, plan, approver, reason, now_ns, expire_ms, via=via)
