"""Where everything stands, read from the ledger: what `status` and the board show."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.cutover import CutoverState, held_until, next_step, plan_of
from strangler.ledger import notifications, streams
from strangler.ledger import planes as running
from strangler.ledger.cutovers import current_table, states
from strangler.ledger.facts import facts
from strangler.ledger.judging import look
from strangler.ledger.refereed import Refereed, refereed
from strangler.ledger.rule_use import RuleUse, rule_uses
from strangler.ledger.tables import MINUTE_NS
from strangler.views.proposals import Proposed, proposals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.notifications import Told
    from strangler.ledger.planes import Plane, Served

ALIVE_NS: Final = 10_000_000_000
"""A plane that said nothing for so long carries no traffic, as far as the ledger knows."""
_LOOK_AT: Final = {"wrong-amount", "open-divergences", "rate", "failed-share"}


@dataclass(frozen=True, slots=True)
class RouteStanding:
    """A route in the present epoch. `compared`: what counts; `duplicates`: what beyond that repeats
    one that did. `actual`: the candidate's share of its requests, basis points; None: none came.
    """

    name: str
    compared: int
    duplicates: int
    different: int
    failed: int
    unsettled: int
    actual: int | None
    served: Served
    last_ns: int
    legacy_p99_ns: int | None
    candidate_p99_ns: int | None


@dataclass(frozen=True, slots=True)
class CutoverStanding:
    """A cutover: its state, its evidence, what the gate would say, and the next step with its command. `held_until_ns`:
    0 where it is not held now.
    """

    state: CutoverState
    evidence: Evidence
    verdict: Verdict
    routes: tuple[RouteStanding, ...]
    next_words: str
    next_command: str
    held_until_ns: int = 0


@dataclass(frozen=True, slots=True)
class WebhookStanding:
    """How far a webhook was told. `behind`: entries of the audit that it was not taken past yet."""

    host: str
    told: Told
    behind: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything. `generation`: of the routing table in force, 0 for none. `file_problem`: why a running `serve` does
    not follow strangler.yaml as it is now.
    """

    cutovers: tuple[CutoverStanding, ...]
    planes: tuple[Plane, ...]
    worker_ns: int
    generation: int
    accounting: dict[str, int]
    losses: dict[str, int]
    file_problem: str
    proposals: tuple[Proposed, ...]
    idle_rules: tuple[RuleUse, ...]
    referee: Refereed
    webhooks: tuple[WebhookStanding, ...]


def standing(
    connection: Connection, loaded: Loaded, now_ns: int, *, only: str | None = None, advice: bool = True
) -> Standing:
    """Read it, in one consistent view. `only`: one cutover. `advice`: with the rules that are proposed or idle, for
    which every divergence is read.
    """
    chosen = [name for name in loaded.config.cutovers if only in {None, name}]
    known = states(connection, loaded.config)
    table = current_table(connection)
    return Standing(
        cutovers=tuple(_cutover(connection, loaded, known[name], now_ns) for name in chosen),
        planes=tuple(plane for plane in running.planes(connection) if alive(plane, now_ns)),
        worker_ns=running.worker_heartbeat(connection, now_ns) or 0,
        generation=table.generation if table else 0,
        accounting=_accounting(connection),
        losses=streams.losses(connection),
        file_problem=_file_problem(connection, loaded),
        proposals=_proposals(connection, loaded, only) if advice else (),
        idle_rules=tuple(use for use in rule_uses(connection, loaded) if use.idle) if advice else (),
        referee=refereed(connection),
        webhooks=webhooks(connection, loaded),
    )


def _proposals(connection: Connection, loaded: Loaded, only: str | None) -> tuple[Proposed, ...]:
    return tuple(entry for entry in proposals(connection, loaded) if only in {None, entry.cutover})


def webhooks(connection: Connection, loaded: Loaded) -> tuple[WebhookStanding, ...]:
    """Those of the file that control has begun to tell."""
    return tuple(
        WebhookStanding(target.host, told, notifications.behind(connection, told))
        for target in loaded.config.notifications
        if (told := notifications.told(connection, target.key)) is not None
    )


def alive(plane: Plane, now_ns: int) -> bool:
    """Whether a plane was heard of lately."""
    return not plane.ended and now_ns - plane.heartbeat_ns < ALIVE_NS


def command(loaded: Loaded, *words: str) -> str:
    """A command as it is to be typed: with `--config` where the file is not the default one."""
    named = [] if str(loaded.file) == "strangler.yaml" else ["--config", str(loaded.file)]
    return shlex.join(["strangler", *named, *words])


def _cutover(connection: Connection, loaded: Loaded, state: CutoverState, now_ns: int) -> CutoverStanding:
    verdict, evidence = look(connection, loaded, state.name, now_ns)
    words, typed = _next(loaded, state, verdict)
    served = {entry.route: entry for entry in _served(connection, state)}
    routes = tuple(
        _route(evidence, name, served.get(name)) for name in loaded.config.cutovers[state.name].routes
    )
    held = held_until(state, now_ns)
    return CutoverStanding(state, evidence, verdict, routes, words, typed, held)


def _served(connection: Connection, state: CutoverState) -> list[Served]:
    """Since the state began. Counts are kept by the minute: the first, shared with the state before, is left out
    as soon as there is another.
    """
    whole_minutes = running.served(connection, state.since_ns + MINUTE_NS)
    return whole_minutes or running.served(connection, state.since_ns)


def _route(evidence: Evidence, name: str, served: Served | None) -> RouteStanding:
    from strangler.ledger.planes import Served

    cells = [cell for cell in evidence.cells if cell.route == name]
    served = served or Served(name, 0, 0, 0)
    return RouteStanding(
        name=name,
        compared=sum(cell.n for cell in cells),
        duplicates=sum(cell.duplicates for cell in cells),
        different=sum(cell.k for cell in cells),
        failed=sum(cell.candidate_failed for cell in cells),
        unsettled=sum(cell.unsettled for cell in cells),
        actual=served.weight,
        served=served,
        last_ns=max((cell.last_ns for cell in cells), default=0),
        legacy_p99_ns=max(
            (cell.legacy_p99_ns for cell in cells if cell.legacy_p99_ns is not None), default=None
        ),
        candidate_p99_ns=max(
            (cell.candidate_p99_ns for cell in cells if cell.candidate_p99_ns is not None), default=None
        ),
    )


def _accounting(connection: Connection) -> dict[str, int]:
    """Sent = recorded + dropped + shed + gaps + outstanding, over all planes there ever were."""
    known = streams.streams(connection)
    names = ("sent", "recorded", "dropped", "shed", "gaps", "outstanding")
    sums = {name: sum(getattr(stream, name) for stream in known) for name in names}
    # A plane says once a second what it sent; the worker may have written more since.
    unsaid = max(0, -sums["outstanding"])
    return sums | {"sent": sums["sent"] + unsaid, "outstanding": sums["outstanding"] + unsaid}


def _file_problem(connection: Connection, loaded: Loaded) -> str:
    """Control says which file it has in force; one that is a moment behind has no problem yet."""
    said = next((fact for fact in facts(connection, "config") if fact.subject == "control"), None)
    return said.phase if said and said.phase != "in force" and said.digest != loaded.digest else ""


def _next(loaded: Loaded, state: CutoverState, verdict: Verdict) -> tuple[str, str]:
    if state.phase == "retired":
        return "nothing: legacy is out of it", ""
    if state.phase == "legacy":
        words = "start it: the candidate is asked the same beside legacy, clients notice nothing"
        return words, command(loaded, "cutover", "start", state.name)
    if state.paused:
        return "it is paused; resume it", command(loaded, "cutover", "resume", state.name)
    if verdict.status == "pass":
        where = next_step(plan_of(loaded.config, state.name), state)
        return f"advance to {where}", command(loaded, "cutover", "advance", state.name)
    reason = verdict.reasons[0]
    if reason.code in _LOOK_AT:
        typed = command(loaded, "divergences", "list", "--cutover", state.name, "--epoch", "current")
        return "look at what differs; mend the candidate, or accept what may differ", typed
    return reason.remedy, command(loaded, "status", "--watch") if verdict.status == "insufficient" else ""
