"""What a step of a cutover waits for beside its evidence: its soak, people's approval. Pure values and rules.

A soak is time under watch. Control looks at a step that soaks, again and again, and the time between two looks
counts, up to a minute. So while nothing runs nothing soaks; a clock that goes forward by a day gains a minute, one
that goes back loses what lies between two looks, and neither a jump nor a wrong clock at the beginning can hold a
step for ever. Whatever the clock does, a soak is never over before control has watched for all of it but a minute a
jump.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.clocks import SKEW_NS
from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.config.cutovers import CutoverConfig
    from strangler.config.policy import Policy
    from strangler.cutover import CutoverState
    from strangler.routing.table import Phase

LOOK_NS: Final = 20_000_000_000
LOOK_MOST_NS: Final = 60_000_000_000
"""The most that counts between two looks."""


@dataclass(frozen=True, slots=True)
class Given:
    """One person's approval, when it was given, and why."""

    by: str
    at_ns: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a step needs of people: `needed` of them, and who gave it (in force only). `plan`: the id that they approve.
    `asker`: who asked for it, empty while nobody did.
    """

    plan: str
    needed: int
    asker: str = ""
    given: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many more it takes."""
        return max(0, self.needed - len(self.given))


@dataclass(frozen=True, slots=True)
class Pace:
    """Everything a step waits for. `approval`: None where the policy wants none. `soak_ns`, `soaked_ns`: how long the
    present step is to be watched, and how long it was. `held_until_ns`: 0 where it is not held.
    """

    approval: Approval | None = None
    soak_ns: int = 0
    soaked_ns: int = 0
    held_until_ns: int = 0


_BLANK: Final = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
NOTHING: Final = Pace()
"""A step that waits for nothing."""


def soaked(state: CutoverState, now_ns: int) -> int:
    """For how long (ns) the present step was watched, up to now."""
    return state.soaked_ns + min(max(0, now_ns - state.looked_ns), LOOK_MOST_NS)


def soak_of(plan: CutoverConfig, phase: Phase) -> int:
    """How long (ns) a step of this phase is to be watched before the next one."""
    if plan.soak is None:
        return 0
    wanted = {"shadow": plan.soak.shadow, "canary": plan.soak.canary, "candidate": plan.soak.candidate}
    return wanted.get(phase, 0) * 1_000_000


def look_due(plan: CutoverConfig, state: CutoverState, now_ns: int) -> bool:
    """Whether control writes down that it looked: only while a soak goes on, every twenty seconds, and when the clock
    was set back.
    """
    return state.soaked_ns < soak_of(plan, state.phase) and abs(now_ns - state.looked_ns) >= LOOK_NS


def advances_by_itself(plan: CutoverConfig, state: CutoverState, now_ns: int) -> bool:
    """Whether control is to ask the gate for the next step. Never for `retired`: that has no way back, so a person says
    it.
    """
    return (
        plan.advance == "automatic"
        and state.phase in ("shadow", "canary")
        and not state.paused
        and now_ns >= state.held_until_ns
        and soaked(state, now_ns) >= soak_of(plan, state.phase)
    )


def approvals_needed(policy: Policy, after: CutoverState) -> int:
    """How many approvals the step into this state takes. Starting takes none: no client notices it."""
    wanted = policy.approvals
    return {"canary": wanted.canary, "candidate": wanted.candidate, "retired": wanted.retired}.get(
        after.phase, 0
    )


def in_force(
    given: Iterable[Given], expire_ms: int, now_ns: int, *, excluded: Iterable[str]
) -> tuple[str, ...]:
    """Whose approvals count: not expired, not of those who asked. One dated well after now does not count either: by a
    clock that goes wrong it would never expire.
    """
    barred = set(excluded)
    return tuple(
        sorted(
            entry.by
            for entry in given
            if entry.by not in barred and -SKEW_NS <= now_ns - entry.at_ns < expire_ms * 1_000_000
        )
    )


def person(name: str) -> str:
    """A person's name as approvals compare it: `Ann ` and `ann` are one, and so is one with a character in it that
    nobody sees. Raises UsageError for an empty one.
    """
    seen = "".join(
        char for char in unicodedata.normalize("NFKC", name) if char.isspace() or not _unseen(char)
    )
    same = unicodedata.normalize("NFKC", " ".join(seen.split()).casefold())
    if not same:
        raise UsageError("nobody is named", remedy="`--actor NAME` says who")
    return same


def _unseen(char: str) -> bool:
    """Marks of direction, joiners, controls, and what fonts leave blank."""
    return unicodedata.category(char).startswith("C") or char in _BLANK
