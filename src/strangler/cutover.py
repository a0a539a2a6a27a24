"""The phases of a cutover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from strangler.gate import Verdict
from strangler.routing.table import Phase

if TYPE_CHECKING:
    from strangler.config.model import Config

type EventName = Literal["start", "advance", "pause", "resume", "rollback", "auto-rollback"]
type Action = Literal["publish", "resolve-unseen"]


@dataclass(frozen=True, slots=True)
class CutoverState:
    """Where a cutover stands.

    `step`: index into the canary's steps, -1 outside of canary. `weight`: basis points, as set. `generation`: of the
    routing table that this state made; the compare-and-swap value. `since_ns`: when it got here.
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
    """What the file says of a cutover: steps in basis points, rising; routes that may write; shared or synced state."""

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


def plan_of(config: Config, cutover: str) -> Plan:
    """The plan of a cutover. Raises UsageError naming those there are."""
    raise NotImplementedError


def needs_verdict(state: CutoverState, event: EventName) -> bool:
    """Whether `decide` wants a verdict for this event in this state."""
    raise NotImplementedError


def next_step(plan: Plan, state: CutoverState) -> str:
    """Where `advance` would lead, in words: `shadow`, `canary 5 %`, `candidate`, `retired`, or nothing."""
    raise NotImplementedError


def decide(
    plan: Plan, state: CutoverState, event: Event, now_ns: int
) -> tuple[CutoverState, tuple[Action, ...]]:
    """The next state and what to do: `publish` (hand the state to `ledger.cutovers.transition`), `resolve-unseen`.

    No actions: nothing changes, the event was done already. Raises Refused (with the verdict's exit code where the
    gate refused). Pure.
    """
    raise NotImplementedError
