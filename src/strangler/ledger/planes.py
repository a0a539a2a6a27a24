"""What carries traffic and what judges it, as far as they said: generation in force, heartbeat, who served."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection


class Plane(msgspec.Struct, frozen=True):
    """A plane process. `refused`: malformed or ambiguous messages it answered with 400 or 502."""

    plane: str
    boot: str
    pid: int
    generation: int
    heartbeat_ns: int
    ended: bool
    refused: int


class Served(msgspec.Struct, frozen=True):
    """Requests of a route, by who answered; `fallback`: legacy in the candidate's place."""

    route: str
    legacy: int
    candidate: int
    fallback: int

    @property
    def weight(self) -> int | None:
        """The actual weight in basis points: what was the candidate's to serve; None without requests."""
        total = self.legacy + self.candidate + self.fallback
        return None if total == 0 else round((self.candidate + self.fallback) * 10_000 / total)


def planes(connection: Connection) -> list[Plane]:
    """All plane processes, the latest heartbeat first."""
    raise NotImplementedError


def served(connection: Connection, since_ns: int = 0) -> list[Served]:
    """Per route, since then (by the minute)."""
    raise NotImplementedError


def worker_heartbeat(connection: Connection) -> int | None:
    """When a worker last flushed, Unix nanoseconds; None when none ever did."""
    raise NotImplementedError
