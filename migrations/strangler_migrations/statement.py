"""What a plan is made of: one statement, what it locks, what it costs, and what undoes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Phase(StrEnum):
    """A migration's phases in their order; `start` is expand, `complete` is contract. Rolling back is no phase of its
    own: it runs what undoes the statements that were run, the last first.
    """

    START = "start"
    BACKFILL = "backfill"
    VERIFY = "verify"
    COMPLETE = "complete"
    DROP = "drop"


class Lock(StrEnum):
    """The table locks of PostgreSQL (chapter 13.3), from the weakest."""

    NONE = "none"
    ACCESS_SHARE = "ACCESS SHARE"
    ROW_SHARE = "ROW SHARE"
    ROW_EXCLUSIVE = "ROW EXCLUSIVE"
    SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
    SHARE = "SHARE"
    SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
    ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

    @property
    def blocks_writers(self) -> bool:
        """Whether an INSERT, UPDATE or DELETE has to wait behind it."""
        return self in {Lock.SHARE, Lock.SHARE_ROW_EXCLUSIVE, Lock.ACCESS_EXCLUSIVE}

    @property
    def blocks_readers(self) -> bool:
        """Whether a SELECT has to wait behind it."""
        return self is Lock.ACCESS_EXCLUSIVE


CONFLICTS: Final[dict[Lock, frozenset[Lock]]] = {
    Lock.NONE: frozenset(),
    Lock.ACCESS_SHARE: frozenset({Lock.ACCESS_EXCLUSIVE}),
    Lock.ROW_SHARE: frozenset({Lock.ACCESS_EXCLUSIVE}),
    Lock.ROW_EXCLUSIVE: frozenset({Lock.SHARE, Lock.SHARE_ROW_EXCLUSIVE, Lock.ACCESS_EXCLUSIVE}),
    Lock.SHARE_UPDATE_EXCLUSIVE: frozenset(
        {Lock.SHARE_UPDATE_EXCLUSIVE, Lock.SHARE, Lock.SHARE_ROW_EXCLUSIVE, Lock.ACCESS_EXCLUSIVE}
    ),
    Lock.SHARE: frozenset(
        {Lock.ROW_EXCLUSIVE, Lock.SHARE_UPDATE_EXCLUSIVE, Lock.SHARE_ROW_EXCLUSIVE, Lock.ACCESS_EXCLUSIVE}
    ),
    Lock.SHARE_ROW_EXCLUSIVE: frozenset(Lock) - {Lock.NONE, Lock.ACCESS_SHARE, Lock.ROW_SHARE},
    Lock.ACCESS_EXCLUSIVE: frozenset(Lock) - {Lock.NONE},
}
"""Which held locks a lock has to wait for (table 13.2). EXCLUSIVE is taken by nothing here, and by few elsewhere."""


BEFORE: Final = "before the contract"
AFTER: Final = "behind the contract"
"""Begin the units of statements of `complete` that stand before and behind the one in which all names change places:
they do nothing then, and are there for the way back, which they shorten.
"""


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement.

    `lock` on `targets` (tables of the schema); `rewrites` the whole table, `scans` it while the lock is held;
    `transactional`: it may share a transaction with its record; `unit`: statements one after the other with the same
    unit share one transaction. `undo`: statements that undo it, none needed when empty, None when nothing can.
    `index`: the one that is built CONCURRENTLY, to be looked at afterwards. `why`: which lock is avoided, what for.
    `guard`: a query that gives a text when what ran can be undone no more.
    """

    sql: str
    lock: Lock = Lock.NONE
    targets: tuple[str, ...] = ()
    undo: tuple[str, ...] | None = ()
    unit: str = ""
    rewrites: bool = False
    scans: bool = False
    transactional: bool = True
    index: str | None = None
    why: str = ""
    guard: str = ""

    @property
    def only_back(self) -> bool:
        """Whether it does nothing but to be undone."""
        return self.unit.startswith((BEFORE, AFTER))


def changes(
    table: str,
    sql: str,
    undo: str | None = "",
    *,
    lock: Lock = Lock.ACCESS_EXCLUSIVE,
    unit: str = "",
    why: str = "",
) -> Statement:
    """A brief change of a table's definition, ACCESS EXCLUSIVE unless said: no scan, no rewrite."""
    undone = None if undo is None else (undo,) if undo else ()
    return Statement(sql, lock, (table,), undone, unit, why=why)
