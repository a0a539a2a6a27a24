"""Writes by their key: of two that say the same, the second gets what the first got, and nothing is done twice.

A key belongs to whoever sent it. It is taken before anything is done, in a transaction of its own, so that two at once
cannot both have it; it is kept with the answer for `KEPT_NS`. One that was taken and never answered (its process died)
is free again after `PATIENCE_NS`: the write is then done once more, which moves nothing that was moved already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from strangler.ledger.tables import answered_writes as answered

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

KEPT_NS: Final = 24 * 3_600_000_000_000
PATIENCE_NS: Final = 60_000_000_000


class Answered(msgspec.Struct, frozen=True):
    """What was answered: status and content."""

    status: int
    body: str


type Found = Answered | Literal["yours", "running", "other"]
"""`yours`: do it; `running`: somebody does; `other`: the key was of something else."""


def take(connection: Connection, caller: str, key: str, digest: str, now_ns: int) -> Found:
    """Take a key, or say what is known of it. Needs a write transaction."""
    connection.execute(delete(answered).where(answered.c.begun_ns <= now_ns - KEPT_NS))
    row = connection.execute(select(answered).where(_is(caller, key))).mappings().first()
    if row is None:
        values = {"caller": caller, "key": key, "digest": digest, "begun_ns": now_ns}
        connection.execute(insert(answered).values(values))
        return "yours"
    if row["digest"] != digest:
        return "other"
    if row["status"]:
        return Answered(row["status"], row["body"])
    if now_ns - row["begun_ns"] < PATIENCE_NS:
        return "running"
    connection.execute(update(answered).where(_is(caller, key)).values(begun_ns=now_ns))
    return "yours"


def keep(connection: Connection, caller: str, key: str, begun_ns: int, answer: Answered) -> None:
    """What came of it; `begun_ns`: when the key was taken. Nothing where somebody else has taken it since."""
    mine = (_is(caller, key), answered.c.begun_ns == begun_ns)
    connection.execute(update(answered).where(*mine).values(msgspec.structs.asdict(answer)))


def release(connection: Connection, caller: str, key: str, begun_ns: int) -> None:
    """Nothing came of it: who repeats it tries anew."""
    mine = (_is(caller, key), answered.c.begun_ns == begun_ns)
    connection.execute(delete(answered).where(*mine))


def _is(caller: str, key: str) -> ColumnElement[bool]:
    return (answered.c.caller == caller) & (answered.c.key == key)
