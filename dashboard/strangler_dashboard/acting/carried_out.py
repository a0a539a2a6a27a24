"""Do one of them, as whoever asks, by what the commands do it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from strangler.cutover import Event
from strangler.errors import Conflict, Refused, UsageError
from strangler.ledger import audit
from strangler.ledger.approving import agree
from strangler.ledger.cutovers import state_of
from strangler.ledger.moving import move
from strangler.views.gate import GateView, gate_view
from strangler.views.standing import command
from strangler_dashboard.acting.table import HOLDS
from strangler_dashboard.errors import NotFound
from strangler_shadow.override import refuse_under

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.store import Ledger
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.acting.table import Act

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says with it. `generation`, `findings`: of the cutover as they saw it, None and empty where they
    saw none; `plan`: the request that they agree to; `length`: of a hold, a key of `HOLDS`.
    """

    reason: str
    generation: int | None = None
    findings: str = ""
    plan: str = ""
    length: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of it. `entry`: number of the audit entry; 0: it stood so already, and nothing changed. `refused`: why
    the gate did not agree, with the whole answer in `gate`.
    """

    entry: int
    refused: str = ""
    gate: GateView | None = None


def carried_out(
    ledger: Ledger, loaded: Loaded, act: Act, cutover: str, said: Said, visitor: Visitor, now_ns: int
) -> Outcome:
    """Do it. Raises NotFound, UsageError, Refused, Conflict, and what the ledger raises; nothing changed then, but that
    an attempt at the gate counts.
    """
    if cutover not in loaded.config.cutovers:
        raise NotFound(
            f"there is no cutover `{cutover}`", remedy=f"there are: {', '.join(loaded.config.cutovers)}"
        )
    if not said.reason.strip() or len(said.reason) > _LONGEST:
        raise UsageError("a reason is missing" if not said.reason.strip() else "the reason is too long")
    if act.event is None:
        return _approved(ledger, loaded, cutover, said, visitor, now_ns)
    if act.event == "advance":
        refuse_under(loaded.folder / loaded.config.serve.state, command(loaded, "cutover", "resume", "--all"))
    until_ns = _until(said, now_ns) if act.event == "hold" else 0
    event = Event(act.event, visitor.name, said.reason.strip(), until_ns=until_ns, via=visitor.via)
    return _moved(ledger, loaded, act, cutover, said, event, now_ns)


def _moved(
    ledger: Ledger, loaded: Loaded, act: Act, cutover: str, said: Said, event: Event, now_ns: int
) -> Outcome:
    answers: list[GateView] = []

    def heard(verdict: Verdict, _evidence: Evidence) -> None:
        answers.append(gate_view(verdict, str(loaded.file)))

    with ledger.read() as connection:
        before = state_of(connection, cutover)
    if not act.stale and said.generation not in (None, before.generation):
        raise Conflict(
            f"somebody moved it since you looked: it is in {before.phase} now",
            where=f"cutover {cutover}",
            remedy="look at it again, and decide again",
        )
    try:
        moved = move(
            ledger, loaded, cutover, event, now_ns, heard=heard, before=before, findings=said.findings
        )
    except Refused as refused:
        if not answers:
            raise
        return Outcome(0, refused.what, answers[0])
    if moved.generation is None:
        return Outcome(0)
    with ledger.read() as connection:
        found = audit.entries(connection, subject=cutover, limit=20)
    of_it = (each.seq for each in found if (each.body["after"] or {}).get("generation") == moved.generation)
    return Outcome(next(of_it, 0))


def _approved(
    ledger: Ledger, loaded: Loaded, cutover: str, said: Said, visitor: Visitor, now_ns: int
) -> Outcome:
    with ledger.begin() as connection:
        _, new = agree(
            connection,
            loaded,
            cutover,
            said.plan,
            visitor.name,
            said.reason.strip(),
            now_ns,
            via=visitor.via,
            findings=said.findings,
        )
        last = audit.head(connection)
        return Outcome(last.seq if new and last else 0)


def _until(said: Said, now_ns: int) -> int:
    if said.length not in HOLDS:
        raise UsageError("for how long is it to be held?", remedy=f"one of {', '.join(HOLDS)}")
    return now_ns + HOLDS[said.length]
