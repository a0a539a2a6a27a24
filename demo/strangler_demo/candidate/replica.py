"""Where the candidate stands behind the legacy, and the moment it stops following."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

type Role = Literal["follower", "owner"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`applied_seq`: the last change that was applied. `current_as_of_ms`: Unix time up to which all were."""

    role: Role
    applied_seq: int
    current_as_of_ms: int

    def lag_ms(self, now_ms: int) -> int:
        """How old the newest state is that is surely here. An owner follows nobody and has none."""
        return 0 if self.role == "owner" else max(0, now_ms - self.current_as_of_ms)


def standing(db: sqlite3.Connection) -> Standing:
    """Reads the replication row."""
    row = db.execute("SELECT role, applied_seq, current_as_of_ms FROM replication").fetchone()
    return Standing(row["role"], row["applied_seq"], row["current_as_of_ms"])


def promote(db: sqlite3.Connection) -> None:
    """From here the candidate writes and nothing more is applied: no number is drawn on both sides."""
    db.execute("UPDATE replication SET role = 'owner'")
