"""Take the next step of a plan file, if everything is as it was when the plan was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.cutover import Event, plan_of, way
from strangler.errors import Refused
from strangler.ledger import plans
from strangler.ledger.cutovers import state_of
from strangler.ledger.evidence import read_evidence
from strangler.ledger.moving import Heard, Moved, move
from strangler.planned import PlanFile, basis_of, described, stale

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.cutover import CutoverState
    from strangler.ledger.store import Ledger


def apply(
    ledger: Ledger,
    loaded: Loaded,
    plan: PlanFile,
    actor: str,
    reason: str,
    now_ns: int,
    heard: Heard | None = None,
) -> Moved:
    """One step of the plan, judged as `advance` is; nothing once its last step is taken.

    Raises UsageError for a cutover that the file does not have, Refused for a plan that is stale (saying all of why)
    or where the gate refuses, Conflict as `move` does.
    """
    plan_of(loaded.config, plan.cutover)
    with ledger.read() as connection:
        state = state_of(connection, plan.cutover)
        now = basis_of(loaded.config, read_evidence(connection, loaded, plan.cutover, now_ns))
        progress = plans.progress(connection, plan.id, plan.cutover)
    if progress is not None and progress.generation == state.generation and _at_its_end(plan, state):
        return Moved(state, state)
    why = (*stale(_begun(plan, progress), now, now_ns), *_off_the_way(loaded, plan, state))
    if why:
        raise Refused(
            f"the plan is stale: {'; '.join(why)}",
            where=f"plan {plan.id[:12]} of {plan.cutover}",
            remedy=f"look at it again: `strangler cutover plan {plan.cutover}` makes another",
        )
    event = Event("start" if state.phase == "legacy" else "advance", actor, reason)
    return move(
        ledger,
        loaded,
        plan.cutover,
        event,
        now_ns,
        heard=heard,
        before=state,
        plan=plan,
        findings=now.findings,
    )


def _at_its_end(plan: PlanFile, state: CutoverState) -> bool:
    return (plan.steps[-1].phase, plan.steps[-1].weight) == (state.phase, state.weight)


def _begun(plan: PlanFile, progress: plans.Progress | None) -> PlanFile:
    """The plan on what its latest step left: its own steps are no change behind its back."""
    if progress is None:
        return plan
    left = msgspec.structs.replace(plan.basis, **progress._asdict())
    return msgspec.structs.replace(plan, basis=left)


def _off_the_way(loaded: Loaded, plan: PlanFile, state: CutoverState) -> tuple[str, ...]:
    """A plan whose id was made to fit steps that the configuration does not give."""
    ahead = described(loaded.config, state, way(plan_of(loaded.config, state.name), state))
    reached = next(
        (
            at
            for at, step in enumerate(plan.steps, 1)
            if (step.phase, step.weight) == (state.phase, state.weight)
        ),
        0,
    )
    remaining = plan.steps[reached:]
    # With nothing remaining, `advance` would take a step that nobody planned.
    if remaining and remaining == ahead[: len(remaining)]:
        return ()
    return ("its steps are not those that this configuration gives",)
