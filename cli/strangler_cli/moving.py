"""Move a cutover: ask the gate where that is due, decide, write the next routing table, see it in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strangler.cutover import CutoverState, Event, EventName, decide, needs_verdict, plan_of
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.divergences import resolve_unseen
from strangler_cli.asking import ask

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.store import Ledger
    from strangler_cli.formats.verdict import Asked


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it. `generation`: of the new routing table, None when nothing changed. `asked`: the gate's verdict,
    where one was needed. `resolved`: divergences that the passed epoch did not see any more.
    """

    before: CutoverState
    after: CutoverState
    generation: int | None
    asked: Asked | None
    resolved: int = 0


def move(
    ledger: Ledger,
    loaded: Loaded,
    name: str,
    event: EventName,
    actor: str,
    reason: str,
    now_ns: int,
    heard: Callable[[Asked], None],
) -> Moved:
    """One event. `heard` gets the gate's answer, where it is asked, before anything comes of it.

    The verdict is asked for (and counted) in a transaction of its own: a refusal undoes no attempt. Raises Refused
    with the gate's exit code, and Conflict when somebody else moved it meanwhile.
    """
    plan = plan_of(loaded.config, name)
    with ledger.read() as connection:
        before = state_of(connection, name)
    asked = ask(ledger, loaded, name, now_ns) if needs_verdict(before, event) else None
    if asked is not None:
        heard(asked)
    verdict = asked.verdict if asked else None
    after, actions = decide(plan, before, Event(event, actor, reason, verdict), now_ns)
    if "publish" not in actions:
        return Moved(before, after, None, asked)
    with ledger.begin() as connection:
        table = transition(
            connection,
            loaded.config,
            after,
            expected_generation=before.generation,
            event=event,
            now_ns=now_ns,
            evidence=verdict.evidence_hash if verdict else "",
        )
        resolved = 0
        if "resolve-unseen" in actions and asked is not None:
            resolved = resolve_unseen(connection, name, asked.epoch, actor=actor, now_ns=now_ns)
    return Moved(before, after, table.generation, asked, resolved)
