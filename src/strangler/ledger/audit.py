"""The audit chain: every transition and acceptance, append-only, each entry bound to the one before by
SHA-256.

`hash = SHA-256(prev + canonical JSON of the body)`; the first `prev` is 64 zeros. A chain shows what was
changed, left out or put in another order; it cannot show that its end was cut off: export `head` for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

GENESIS = "0" * 64


class Entry(msgspec.Struct, frozen=True):
    """One link. `body` holds at (ns), actor, action, subject, reason, before, after, evidence (hash)."""

    seq: int
    prev: str
    hash: str
    body: dict[str, Any]


class Broken(msgspec.Struct, frozen=True):
    """The first link that does not hold, and why."""

    seq: int
    what: str


def append(
    connection: Connection,
    *,
    at_ns: int,
    actor: str,
    action: str,
    subject: str,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    evidence: str = "",
) -> Entry:
    """Add an entry in this write transaction."""
    raise NotImplementedError


def verify(connection: Connection) -> Broken | None:
    """Walk the whole chain; None when every link holds."""
    raise NotImplementedError


def head(connection: Connection) -> Entry | None:
    """The last entry."""
    raise NotImplementedError


def entries(connection: Connection, *, subject: str | None = None, limit: int | None = None) -> list[Entry]:
    """The latest entries, newest first."""
    raise NotImplementedError
