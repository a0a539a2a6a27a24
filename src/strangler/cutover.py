"""The phases of a cutover, as a table.

Theory of operation. A cutover moves its routes together, from legacy to candidate, one step at a time; each
step is one new routing table. Up to and with canary, legacy holds the record: whatever goes wrong, legacy
still knows everything, so going back costs nothing. `candidate` turns that round: the candidate holds the
record, and going back means that legacy's copy is the record again. That is right when both read one
database (`shared`) or legacy is fed from the candidate (`synced`), or when the routes only read; a route
that writes cannot have come this far without one of the two. `retired` ends it: legacy is asked nothing any
more, so nothing proves that it could serve, and there is no way back but a cutover of its own.

Forward needs a verdict of the gate, from `shadow` on. Back never does: a rollback is always permitted, also
while paused, and always leads to `shadow`, where legacy serves everybody and the candidate goes on being
compared. Every event is idempotent: done twice, it is done once. What stands in the table:

    phase      start    advance                    pause  resume   rollback, auto-rollback
    legacy     shadow   refused: not started       -      -        stay
    shadow     stay     canary, first step         hold   release  stay
    canary     stay     next step, then candidate  hold   release  shadow
    candidate  stay     retired                    hold   release  shadow
    retired    stay     stay                       -      -        refused (auto-rollback: stay)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from strangler.errors import Refused, UsageError
from strangler.gate import Verdict
from strangler.routing.safety import reads_only
from strangler.routing.table import Phase

if TYPE_CHECKING:
    from strangler.config.model import Config

type EventName = Literal["start", "advance", "pause", "resume", "rollback", "auto-rollback"]
type Action = Literal["publish", "resolve-unseen"]
type Move = Literal[
    "shadow", "step", "retired", "stay", "hold", "release", "not-started", "nothing-to-hold", "no-way-back"
]


@dataclass(frozen=True, slots=True)
class CutoverState:
    """Where a cutover stands.

    `step`: index into the canary's steps, -1 outside of canary. `weight`: basis points, as set.
    `generation`: of the routing table that this state made; the compare-and-swap value. `since_ns`: when it
    got here.
    """

    name: str
    phase: Phase = "legacy"
    step: int = -1
    weight: int = 0
    paused: bool = False
    generation: int = 0
    since_ns: int = 0
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the file says of a cutover.

    `steps` in basis points, rising; `unsafe`: routes that may write; `shared`: its state is shared or synced.
    """

    name: str
    steps: tuple[int, ...]
    unsafe: tuple[str, ...]
    shared: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What is asked, by whom, why. `verdict`: needed by `advance` out of shadow, canary and candidate."""

    name: EventName
    actor: str
    reason: str = ""
    verdict: Verdict | None = None


_REFUSALS: Final[dict[Move, tuple[str, str]]] = {
    "not-started": ("it has not started", "`strangler cutover start` asks the candidate beside legacy first"),
    "nothing-to-hold": (
        "there is nothing to pause or resume in this phase",
        "it holds between start and retired",
    ),
    "no-way-back": (
        "it is retired: legacy is asked nothing any more, and nothing proves that it could serve",
        "move the routes to a cutover of another name and start that one",
    ),
}

TABLE: Final[dict[Phase, dict[EventName, Move]]] = {
    "legacy": {
        "start": "shadow",
        "advance": "not-started",
        "pause": "nothing-to-hold",
        "resume": "nothing-to-hold",
        "rollback": "stay",
        "auto-rollback": "stay",
    },
    "shadow": {
        "start": "stay",
        "advance": "step",
        "pause": "hold",
        "resume": "release",
        "rollback": "stay",
        "auto-rollback": "stay",
    },
    "canary": {
        "start": "stay",
        "advance": "step",
        "pause": "hold",
        "resume": "release",
        "rollback": "shadow",
        "auto-rollback": "shadow",
    },
    "candidate": {
        "start": "stay",
        "advance": "retired",
        "pause": "hold",
        "resume": "release",
        "rollback": "shadow",
        "auto-rollback": "shadow",
    },
    "retired": {
        "start": "stay",
        "advance": "stay",
        "pause": "nothing-to-hold",
        "resume": "nothing-to-hold",
        "rollback": "no-way-back",
        "auto-rollback": "stay",
    },
}


def plan_of(config: Config, cutover: str) -> Plan:
    """The plan of a cutover. Raises UsageError naming those there are."""
    plan = config.cutovers.get(cutover)
    if plan is None:
        known = ", ".join(config.cutovers) or "none yet"
        raise UsageError(f"there is no cutover `{cutover}`", remedy=f"known: {known}")
    return Plan(
        name=cutover,
        steps=tuple(int(step * 100) for step in plan.steps),
        unsafe=tuple(route for route in plan.routes if not reads_only(config.routes[route])),
        shared=plan.state not in (None, "read-only", "mirrored"),
    )


def needs_verdict(state: CutoverState, event: EventName) -> bool:
    """Whether `decide` wants a verdict for this event in this state."""
    return event == "advance" and not state.paused and TABLE[state.phase]["advance"] in ("step", "retired")


def next_step(plan: Plan, state: CutoverState) -> str:
    """Where the next step leads, in words, as `standing_words`; empty at the end."""
    return next((standing_words(after) for after in way(plan, state)), "")


def way(plan: Plan, state: CutoverState) -> tuple[CutoverState, ...]:
    """Every state between this one and the end of the way, `retired`, in order."""
    out: list[CutoverState] = []
    while state.phase != "retired":
        state = replace(state, phase="shadow") if state.phase == "legacy" else _forward(plan, state)
        out.append(state)
    return tuple(out)


def standing_words(state: CutoverState) -> str:
    """`shadow`, `canary 5 %`, `candidate`."""
    if state.phase != "canary":
        return state.phase
    whole, rest = divmod(state.weight, 100)
    return f"canary {whole}{f'.{rest:02d}'.rstrip('0') if rest else ''} %"


def decide(
    plan: Plan, state: CutoverState, event: Event, now_ns: int
) -> tuple[CutoverState, tuple[Action, ...]]:
    """The next state and what to do. Pure.

    `publish`: hand the state to `ledger.cutovers.transition`. `resolve-unseen`: the gate passed, so
    divergences that its epoch did not see are resolved. No actions: nothing changes, the event was done
    already. Raises Refused, with the verdict's exit code where the gate refused.
    """
    move = TABLE[state.phase][event.name]
    if move in _REFUSALS:
        what, remedy = _REFUSALS[move]
        raise Refused(what, where=_where(state), remedy=remedy)
    after = _moved(plan, state, event, move)
    if after == state:
        return state, ()
    after = replace(after, since_ns=now_ns, reason=event.reason, actor=event.actor)
    return after, ("publish", "resolve-unseen") if needs_verdict(state, event.name) else ("publish",)


def _moved(plan: Plan, state: CutoverState, event: Event, move: Move) -> CutoverState:
    if move == "shadow":
        return replace(state, phase="shadow", step=-1, weight=0, paused=False)
    if move in ("hold", "release"):
        return replace(state, paused=move == "hold")
    if move == "stay":
        return state
    _permitted(plan, state, event)
    return _forward(plan, state)


def _forward(plan: Plan, state: CutoverState) -> CutoverState:
    if state.phase == "candidate":
        return replace(state, phase="retired")
    # By weight, not by index: the file may have got other steps since.
    step = next((index for index, weight in enumerate(plan.steps) if weight > state.weight), None)
    if step is None:
        return replace(state, phase="candidate", step=-1, weight=0)
    return replace(state, phase="canary", step=step, weight=plan.steps[step])


def _permitted(plan: Plan, state: CutoverState, event: Event) -> None:
    if state.paused:
        raise Refused(
            "it is paused" + (f": {state.reason}" if state.reason else ""),
            where=_where(state),
            remedy=f"`strangler cutover resume {state.name}` first",
            exit_code=4,
        )
    if plan.unsafe and not plan.shared:
        raise Refused(
            f"route `{plan.unsafe[0]}` may write, and nothing says how both sides see the same records",
            where=_where(state),
            remedy="declare `state: shared` or `{synced: …}`, or `safe: true` on a route that only reads",
        )
    verdict = event.verdict
    if verdict is None:
        raise Refused("the gate was not asked", where=_where(state), remedy="ask it first", exit_code=3)
    if verdict.cutover != state.name:
        raise Refused(f"that verdict is about cutover `{verdict.cutover}`", where=_where(state), exit_code=3)
    if verdict.status != "pass":
        raise Refused(
            f"the gate says {verdict.status}",
            where=_where(state),
            remedy="; ".join(reason.remedy for reason in verdict.reasons),
            exit_code=verdict.exit_code,
        )


def _where(state: CutoverState) -> str:
    return f"cutover {state.name} ({state.phase})"
