"""Move a cutover: ask the gate where that is due, decide, write the next routing table.

The command line, the pages and the control process move cutovers by this, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from strangler.cutover import (
    CutoverState,
    Event,
    decide,
    needs_verdict,
    plan_of,
    standing_words,
    way,
)
from strangler.errors import Conflict
from strangler.ledger import approvals, judging, plans
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.divergences import resolve_unseen
from strangler.ledger.evidence import read_evidence
from strangler.planned import step_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.cutover import Action
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.store import Ledger
    from strangler.planned import PlanFile
    from strangler.routing.table import Table

type Heard = Callable[[Verdict, Evidence], None]
"""Gets the gate's answer, where it is asked, before anything comes of it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it. `table`: the new routing table, None when nothing changed. `resolved`: divergences that the
    passed epoch did not see any more.
    """

    before: CutoverState
    after: CutoverState
    table: Table | None = None
    resolved: int = 0

    @property
    def generation(self) -> int | None:
        """Of the new routing table."""
        return self.table.generation if self.table else None


def move(
    ledger: Ledger,
    loaded: Loaded,
    name: str,
    event: Event,
    now_ns: int,
    *,
    heard: Heard | None = None,
    before: CutoverState | None = None,
    plan: PlanFile | None = None,
    findings: str = "",
) -> Moved:
    """One event, without a verdict: it is asked for here. `before`: the state that was looked at when this was
    wanted, the present one unless given. `plan`: the plan file of which it is a step; `findings`: hash of those that
    it was found to rest on.

    Where nothing but people's approval is missing, that is asked for, in the name of the event's actor.

    The verdict is asked for (and counted) in a transaction of its own: a refusal undoes no attempt. Raises Refused
    with the gate's exit code, and Conflict when somebody else moved it meanwhile.
    """
    if before is None:
        with ledger.read() as connection:
            before = state_of(connection, name)
    evidence: Evidence | None = None
    if needs_verdict(before, event.name):
        with ledger.begin() as connection:
            verdict, evidence = judging.ask(connection, loaded, name, now_ns, plan.id if plan else "")
            _unchanged(before, evidence, findings)
            if {reason.code for reason in verdict.reasons} == {"approval"}:
                verdict = _approval_asked(connection, loaded, before, evidence, event, now_ns, plan)
        if heard is not None:
            heard(verdict, evidence)
        event = replace(event, verdict=verdict)
    after, actions = decide(plan_of(loaded.config, name), before, event, now_ns)
    if "publish" not in actions:
        return Moved(before, after)
    with ledger.begin() as connection:
        table = transition(
            connection,
            loaded.config,
            after,
            expected_generation=before.generation,
            event=event.name,
            now_ns=now_ns,
            evidence=evidence.hash() if evidence else "",
            via=event.via,
        )
        resolved = _resolved(connection, actions, event, evidence, now_ns)
        if plan:
            plans.note(connection, plan.id, read_evidence(connection, loaded, name, now_ns), now_ns)
    return Moved(before, after, table, resolved)


def _unchanged(before: CutoverState, evidence: Evidence, findings: str) -> None:
    if evidence.generation == before.generation and findings in ("", evidence.findings_hash()):
        return
    moved = evidence.generation != before.generation
    raise Conflict(
        f"somebody moved it first: it is in {evidence.phase}"
        if moved
        else "something was found in this moment",
        where=f"cutover {before.name}",
        remedy="look at `strangler cutover status` and decide again",
    )


def _approval_asked(
    connection: Connection,
    loaded: Loaded,
    before: CutoverState,
    evidence: Evidence,
    event: Event,
    now_ns: int,
    plan: PlanFile | None,
) -> Verdict:
    """Register what people are to approve; the verdict then says so."""
    after = way(plan_of(loaded.config, before.name), before)[0]
    approvals.ask(
        connection,
        evidence,
        plan.id if plan else step_id(loaded.config, evidence, after),
        standing_words(after),
        event.actor,
        now_ns,
        maker=plan.made_by if plan else "",
        via=event.via,
    )
    return judging.judged(connection, loaded, evidence, now_ns, plan.id if plan else "")


def _resolved(
    connection: Connection, actions: tuple[Action, ...], event: Event, evidence: Evidence | None, now_ns: int
) -> int:
    if "resolve-unseen" not in actions or evidence is None:
        return 0
    return resolve_unseen(connection, evidence.cutover, evidence.epoch, actor=event.actor, now_ns=now_ns)
