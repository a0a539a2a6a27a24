"""Changes into the candidate's database: a batch and its watermark are one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from strangler_demo.candidate.replica import standing
from strangler_demo.replicator.feed import Change
from strangler_demo.replicator.translate import translate
from strangler_demo.storage import transaction


class Promoted(Exception):  # noqa: N818  it is a state, and reads as one
    """The candidate holds the record now; nothing of the legacy's is applied any more."""


def apply(candidate: sqlite3.Connection, changes: Sequence[Change], as_of_ms: int | None) -> int:
    """Applies changes in order and returns the last sequence number applied. Applying twice changes nothing.

    `as_of_ms`: the moment up to which the candidate is complete with this batch; None when more is waiting.
    Raises `Promoted`.
    """
    with transaction(candidate):
        now = standing(candidate)
        if now.role == "owner":
            raise Promoted
        for change in changes:
            if change.seq > now.applied_seq:
                _put(candidate, change)
        applied = max(now.applied_seq, changes[-1].seq if changes else 0)
        candidate.execute(
            "UPDATE replication SET applied_seq = ?, current_as_of_ms = max(current_as_of_ms, ?)",
            (applied, as_of_ms or 0),
        )
    return applied


def _put(candidate: sqlite3.Connection, change: Change) -> None:
    table, row = translate(change, lambda invoice: _currency(candidate, invoice))
    marks = ", ".join(f":{column}" for column in row)
    statement = f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608  names from translate
    candidate.execute(statement, row)


def _currency(candidate: sqlite3.Connection, invoice: int) -> str:
    row = candidate.execute("SELECT currency FROM invoices WHERE id = ?", (invoice,)).fetchone()
    return str(row[0])
