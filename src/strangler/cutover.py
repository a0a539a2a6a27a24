"""The phases of a cutover, as a table.

Theory of operation. A cutover moves its routes together, from legacy to candidate, one step at a time; each
step is one new routing table. Up to and with canary, legacy holds the record: whatever goes wrong, legacy
still knows everything, so going back costs nothing. `candidate` turns that round: the candidate holds the
record, and going back means that legacy's copy is the record again. That is right when both read one
database (`shared`) or legacy is fed from the candidate (`synced`), or when the routes only read; a route
that writes cannot have come this far without one of the two. `retired` ends it: legacy is asked nothing any
more, so nothing proves that it could serve, and there is no way back but a cutover of its own.

Forward needs a verdict of the gate, from `shadow` on. Back never does: a rollback is always permitted, also
while paused or held, and always leads to `shadow`, where legacy serves everybody and the candidate goes on
being compared. Every event is idempotent: done twice, it is done once. What stands in the table:

    phase      start    advance                    pause  hold  resume   rollback, auto-rollback
    legacy     shadow   refused: not started       -      -     -        stay
    shadow     stay     canary, first step         pause  hold  release  stay
    canary     stay     next step, then candidate  pause  hold  release  shadow
    candidate  stay     retired                    pause  hold  release  shadow
    retired    stay     stay                       -      -     -        refused (auto-rollback: stay)

Two ways to stay where it is, and they lie across the phases. `paused`: it does not advance; control rolls back
as ever. Held: for a bounded time nothing moves by itself, neither forward nor, by statistics, back, so that
people can look into what the numbers say; a wrong amount that reached a customer rolls back all the same. A
hold ends by itself, without a further transition, by the clock that reads it: `held_until`, `rollback_held`.
Either ends with `resume`, and with a rollback.

Each step is soaked: `soaked_ns` counts how long it was watched (`pace.soaked`), anew from step to step; pausing
and holding change nothing in that, since traffic goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from strangler.clocks import SKEW_NS
from strangler.errors import Refused, UsageError
from strangler.gate import Verdict
from strangler.pace import soaked
from strangler.routing.safety import reads_only
from strangler.routing.table import Phase

if TYPE_CHECKING:
    from strangler.config.model import Config

type EventName = Literal["start", "advance", "pause", "hold", "resume", "rollback", "auto-rollback"]
type Action = Literal["publish", "resolve-unseen"]
type Move = Literal[
    "shadow",
    "step",
    "retired",
    "stay",
    "pause",
    "hold",
    "release",
    "not-started",
    "nothing-to-hold",
    "no-way-back",
]


@dataclass(frozen=True, slots=True)
class CutoverState:
    """Where a cutover stands.

    `step`: index into the canary's steps, -1 outside of canary. `weight`: basis points, as set.
    `generation`: of the routing table that this state made; the compare-and-swap value. `since_ns`: when it
    got here. `soaked_ns`: for how long this step was watched, up to the look at `looked_ns`. `held_from_ns`,
    `held_until_ns`: between which times it is held, 0 for not at all.
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
    soaked_ns: int = 0
    looked_ns: int = 0
    held_from_ns: int = 0
    held_until_ns: int = 0


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
    """What is asked, by whom, why. `verdict`: needed by `advance` out of shadow, canary and candidate. `until_ns`:
    needed by `hold`. `via`: how whoever asks was known, where it is not by a command.
    """

    name: EventName
    actor: str
    reason: str = ""
    verdict: Verdict | None = None
    until_ns: int = 0
    via: str = ""


HOLD_MOST_NS: Final = 3 * 86_400_000_000_000
"""A hold is bounded: three days, then it is said again."""

_REFUSALS: Final[dict[Move, tuple[str, str]]] = {
    "not-started": ("it has not started", "`strangler cutover start` asks the candidate beside legacy first"),
    "nothing-to-hold": (
        "there is nothing to pause, hold or resume in this phase",
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
        "hold": "nothing-to-hold",
        "resume": "nothing-to-hold",
        "rollback": "stay",
        "auto-rollback": "stay",
    },
    "shadow": {
        "start": "stay",
        "advance": "step",
        "pause": "pause",
        "hold": "hold",
        "resume": "release",
        "rollback": "stay",
        "auto-rollback": "stay",
    },
    "canary": {
        "start": "stay",
        "advance": "step",
        "pause": "pause",
        "hold": "hold",
        "resume": "release",
        "rollback": "shadow",
        "auto-rollback": "shadow",
    },
    "candidate": {
        "start": "stay",
        "advance": "retired",
        "pause": "pause",
        "hold": "hold",
        "resume": "release",
        "rollback": "shadow",
        "auto-rollback": "shadow",
    },
    "retired": {
        "start": "stay",
        "advance": "stay",
        "pause": "nothing-to-hold",
        "hold": "nothing-to-hold",
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
    after = _moved(plan, state, event, move, now_ns)
    if after == state:
        return state, ()
    if now_ns >= after.held_until_ns:
        after = replace(after, held_from_ns=0, held_until_ns=0)
    stays = (after.phase, after.weight) == (state.phase, state.weight)
    after = replace(
        after,
        since_ns=now_ns,
        reason=event.reason,
        actor=event.actor,
        soaked_ns=soaked(state, now_ns) if stays else 0,
        looked_ns=now_ns,
    )
    return after, ("publish", "resolve-unseen") if needs_verdict(state, event.name) else ("publish",)


def held_until(state: CutoverState, now_ns: int) -> int:
    """Until when nothing moves by itself (Unix ns); 0: it is not held."""
    return state.held_until_ns if now_ns < state.held_until_ns else 0


def rollback_held(state: CutoverState, now_ns: int) -> bool:
    """Whether the hold keeps statistics from rolling back. Not before it began: by a clock that was set back it would
    hold for longer than somebody said.
    """
    return state.held_from_ns - SKEW_NS <= now_ns < state.held_until_ns


def _moved(plan: Plan, state: CutoverState, event: Event, move: Move, now_ns: int) -> CutoverState:
    if move == "shadow":
        return replace(_released(state), phase="shadow", step=-1, weight=0)
    if move == "pause":
        return replace(state, paused=True)
    if move == "hold":
        return _held(state, event, now_ns)
    if move == "release":
        return _released(state)
    if move == "stay":
        return state
    _permitted(plan, state, event, now_ns)
    return replace(_forward(plan, state), held_from_ns=0, held_until_ns=0)


def _released(state: CutoverState) -> CutoverState:
    return replace(state, paused=False, held_from_ns=0, held_until_ns=0)


def _held(state: CutoverState, event: Event, now_ns: int) -> CutoverState:
    if held_until(state, now_ns) == event.until_ns != 0:
        return state
    if not 0 < event.until_ns - now_ns <= HOLD_MOST_NS:
        raise Refused(
            "a hold is for some time, and for three days at most",
            where=_where(state),
            remedy="say for how long: `--for 2h`; `pause` has no end",
        )
    return replace(state, held_from_ns=now_ns, held_until_ns=event.until_ns)


def _forward(plan: Plan, state: CutoverState) -> CutoverState:
    if state.phase == "candidate":
        return replace(state, phase="retired")
    # By weight, not by index: the file may have got other steps since.
    step = next((index for index, weight in enumerate(plan.steps) if weight > state.weight), None)
    if step is None:
        return replace(state, phase="candidate", step=-1, weight=0)
    return replace(state, phase="canary", step=step, weight=plan.steps[step])


def _permitted(plan: Plan, state: CutoverState, event: Event, now_ns: int) -> None:
    if state.paused:
        raise Refused(
            "it is paused" + (f": {state.reason}" if state.reason else ""),
            where=_where(state),
            remedy=f"`strangler cutover resume {state.name}` first",
            exit_code=4,
        )
    if held_until(state, now_ns):
        raise Refused(
            "it is held" + (f": {state.reason}" if state.reason else ""),
            where=_where(state),
            remedy=f"`strangler cutover resume {state.name}`, or wait",
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
