"""Reads what a step waits for beside its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.cutover import held_until, plan_of, way
from strangler.ledger import approvals
from strangler.ledger.cutovers import state_of
from strangler.pace import Approval, Pace, approvals_needed, in_force, soak_of, soaked
from strangler.planned import step_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.config.model import Config
    from strangler.cutover import CutoverState
    from strangler.evidence import Evidence


def pace_of(connection: Connection, loaded: Loaded, evidence: Evidence, now_ns: int, plan: str = "") -> Pace:
    """What the next step waits for. `plan`: id of the plan file it is a step of."""
    state = state_of(connection, evidence.cutover)
    ahead = way(plan_of(loaded.config, state.name), state)
    if not ahead or state.phase == "legacy":
        return Pace()
    return Pace(
        approval=_approval(connection, loaded.config, evidence, ahead[0], now_ns, plan),
        soak_ns=soak_of(loaded.config.cutovers[state.name], state.phase),
        soaked_ns=soaked(state, now_ns),
        held_until_ns=held_until(state, now_ns),
    )


def _approval(
    connection: Connection, config: Config, evidence: Evidence, after: CutoverState, now_ns: int, plan: str
) -> Approval | None:
    policy = config.policy_of(after.name)
    needed = approvals_needed(policy, after)
    if not needed:
        return None
    plan = plan or step_id(config, evidence, after)
    request = approvals.request_of(connection, after.name, plan, evidence.findings_hash())
    if request is None:
        return Approval(plan, needed)
    given = in_force(request.given, policy.approvals_expire, now_ns, excluded=request.barred)
    return Approval(plan, needed, request.asker, given)
