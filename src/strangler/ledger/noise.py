"""What the primary, asked twice, said differently; and what identity rules learned. Read back for
proposals.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from strangler.comparison.model import Kind
from strangler.ledger.settled import Observation


class Noise(msgspec.Struct, frozen=True):
    """One place of a route. `count`: how often it differed from itself; `twins`: how often that was looked
    at;

    `different`: how often the sides differed from each other there in the same epoch.
    """

    epoch: int
    cutover: str
    route: str
    location: str
    kind: Kind
    cause: str
    count: int
    twins: int
    first: str
    second: str
    last_ns: int


def noise(connection: Connection, epoch: int | None = None) -> list[Noise]:
    """Places that are noisy by themselves, the most frequent first."""
    raise NotImplementedError


def rule_hits(connection: Connection, epoch: int) -> dict[tuple[str, str], int]:
    """(route, rule digest) to how many differences it let pass in this epoch."""
    raise NotImplementedError


def observations(connection: Connection, rule: str | None = None) -> list[Observation]:
    """What was learned, the oldest first; capped per rule at `OBSERVED`."""
    raise NotImplementedError
