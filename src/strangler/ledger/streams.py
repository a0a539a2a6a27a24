"""Accounting of what planes sent: recorded + dropped + gaps = sent, for every plane process.

`sent` and the plane's own drops come from the plane, cumulative. `recorded` counts what was flushed as
`Settled`, `shed` what the worker threw away (a `Loss`), `gaps` what never arrived.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection


class Stream(msgspec.Struct, frozen=True):
    """One plane process. `dropped` is what the plane dropped plus what the worker shed."""

    plane: str
    boot: str
    sent: int
    recorded: int
    dropped: int
    gaps: int
    heartbeat_ns: int
    ended: bool

    @property
    def outstanding(self) -> int:
        """What is neither recorded nor counted as lost yet: on its way, or lost and not known to be."""
        return self.sent - self.recorded - self.dropped - self.gaps


def gap(*, sent: int, recorded: int, dropped: int, gaps: int, still_to_come: int) -> int:
    """How many of a plane's exchanges were lost on the way and are not counted yet: never negative.

    When a plane says Hello to a NEW worker process, what the dead worker held is lost. The count is exact
    at the first Heartbeat after that Hello: `sent` and the plane's drops as that Heartbeat says,
    `recorded`, `gaps` and the shed part of `dropped` from the ledger (`stream`), `still_to_come` =
    `Heartbeat.queued` + what this worker has received from the plane and not flushed. The same when a plane
    has ended: then `still_to_come` is only what the worker holds. Hand the result to `flush` as
    `Loss("gap", …)`.
    """
    return max(0, sent - recorded - dropped - gaps - still_to_come)


def stream(connection: Connection, plane: str, boot: str) -> Stream | None:
    """One stream, or None when nothing was flushed of it."""
    raise NotImplementedError


def streams(connection: Connection) -> list[Stream]:
    """All of them, the latest heartbeat first."""
    raise NotImplementedError


def losses(connection: Connection, since_ns: int = 0) -> dict[str, int]:
    """Reason to count since then (by the minute). Requests that could not be captured stand as
    `uncaptured/REASON`.
    """
    raise NotImplementedError
