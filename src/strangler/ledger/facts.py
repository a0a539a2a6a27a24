"""Facts: what other rooms know and the gate asks about (the phase of a migration, the lag of a replication).

One fact per kind and subject, the latest counts. The core cannot import the rooms that publish them.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from sqlalchemy import Connection


class Fact(msgspec.Struct, frozen=True):
    """`kind`: `lag`, `migration`, …; `subject`: its name (of the cutover, of the migration); `phase`: what
    is so.

    A lag's `phase` is the seconds as decimal text. `digest`: of what the fact was drawn from, where that
    matters.
    """

    kind: str
    subject: str
    phase: str
    digest: str
    at_ns: int


def put(connection: Connection, fact: Fact) -> None:
    """Set the fact of its kind and subject; an older one than the stored is ignored."""
    raise NotImplementedError


def put_lag(connection: Connection, cutover: str, seconds: Decimal, now_ns: int) -> None:
    """The probed replication lag of a cutover whose state is `synced`."""
    raise NotImplementedError


def facts(connection: Connection, kind: str | None = None) -> list[Fact]:
    """All facts, or those of one kind, by kind and subject."""
    raise NotImplementedError
