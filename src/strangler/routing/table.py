"""The routing table: one immutable object with a generation, which a plane swaps whole.

What serves, by phase (the owner holds the record):

    phase      serves                                   shadow asked          owner
    legacy     legacy                                   nobody                legacy
    shadow     legacy                                   candidate (if safe)   legacy
    canary     candidate while bucket < weight          the other (if safe)   legacy
    candidate  candidate                                legacy (if safe)      candidate
    retired    candidate                                nobody                candidate
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from strangler.exchange import Side
from strangler.routing.cohort import BUCKETS
from strangler.routing.match import Match

TABLE_VERSION: Final = 1

type Phase = Literal["legacy", "shadow", "canary", "candidate", "retired"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase.__value__)
"""In their order."""
type IdentityKind = Literal["header", "cookie", "query", "path"]

OWNER: Final[dict[Phase, Side]] = {
    "legacy": "legacy",
    "shadow": "legacy",
    "canary": "legacy",
    "candidate": "candidate",
    "retired": "candidate",
}


class IdentitySource(msgspec.Struct, frozen=True):
    """Where a value (the customer's name, a label) stands in a request; for `path`, a variable of the template."""

    kind: IdentityKind
    name: str


class Route(msgspec.Struct, frozen=True):
    """A named match and what the table says of it.

    `weight`: basis points of buckets that the candidate serves in canary. `pinned`: identities that it serves
    in canary whatever their bucket. `safe`: declared to only read. `sampling`: basis points of requests that
    are captured. `watched`: answers of its requests that write are captured too, and nobody is asked the same.
    `deadline_ms`: how long a canary's safe request waits for the candidate before legacy answers.
    """

    name: str
    match: Match
    cutover: str = ""
    phase: Phase = "legacy"
    weight: int = 0
    pinned: frozenset[str] = frozenset()
    safe: bool = False
    sampling: int = BUCKETS
    identity: IdentitySource | None = None
    deadline_ms: int = 5_000
    strata: tuple[tuple[str, IdentitySource], ...] = ()
    watched: bool = False

    @property
    def owner(self) -> Side:
        """Who holds the record in this phase."""
        return OWNER[self.phase]


class Table(msgspec.Struct, frozen=True):
    """The table in force; `routes` stand most specific first.

    `halted`: nothing is shadowed or captured. `owner` serves what matches no route.
    """

    generation: int
    issued_ns: int
    routes: tuple[Route, ...] = ()
    halted: bool = False
    owner: Side = "legacy"
    version: int = TABLE_VERSION


def ordered(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Most specific first; equal ones by name, so that every plane agrees."""
    return tuple(sorted(routes, key=lambda entry: (entry.match.rank(), entry.name)))
