"""What a step of a cutover waits for beside its evidence: people's approval, for one. Pure values and rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.config.policy import Policy
    from strangler.cutover import CutoverState

SKEW_NS: Final = 300_000_000_000
"""How far the clocks of two machines may be apart."""


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
    """Everything a step waits for. `approval`: None where the policy wants none."""

    approval: Approval | None = None


NOTHING: Final = Pace()
"""A step that waits for nothing."""


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
    """A person's name as approvals compare it: `Ann ` and `ann` are one. Raises UsageError for an empty one."""
    same = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    if not same:
        raise UsageError("nobody is named", remedy="`--actor NAME` says who")
    return same
