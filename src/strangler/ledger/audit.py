"""The audit chain: every transition and acceptance, append-only, each entry bound to the one before by
SHA-256.

`hash = SHA-256(prev + canonical JSON of the body)`; the first `prev` is 64 zeros. A chain shows what was
changed, left out or put in another order; it cannot show that its end was cut off: export `head` for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select

from strangler.canonical import canonical
from strangler.ledger.tables import audit

GENESIS: Final = "0" * 64


class Entry(msgspec.Struct, frozen=True):
    """One link. `body` holds seq, at_ns, actor, action, subject, reason, before, after, evidence (hash)."""

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
    last = head(connection)
    seq, prev = (last.seq + 1, last.hash) if last else (1, GENESIS)
    body = {
        "seq": seq,
        "at_ns": at_ns,
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "before": before,
        "after": after,
        "evidence": evidence,
    }
    text = canonical(body).decode()
    entry = Entry(seq, prev, _link(prev, text), msgspec.json.decode(text))
    connection.execute(
        insert(audit).values(seq=seq, prev=prev, hash=entry.hash, body=text, subject=subject),
    )
    return entry


def _link(prev: str, body: str) -> str:
    return hashlib.sha256(prev.encode() + body.encode()).hexdigest()


def verify(connection: Connection) -> Broken | None:
    """Walk the whole chain; None when every link holds."""
    prev = GENESIS
    rows = connection.execute(select(audit).order_by(audit.c.seq)).mappings()
    for expected, row in enumerate(rows, start=1):
        broken = _broken(row, expected, prev)
        if broken is not None:
            return Broken(row["seq"], broken)
        prev = row["hash"]
    return None


def _broken(row: RowMapping, expected: int, prev: str) -> str | None:
    if row["seq"] != expected:
        return f"entry {expected} is missing"
    if row["prev"] != prev:
        return "it does not follow the entry before it"
    if row["hash"] != _link(prev, row["body"]):
        return "its body is not what was written"
    body = msgspec.json.decode(row["body"])
    if body["seq"] != expected or body["subject"] != row["subject"]:
        return "its columns are not those of its body"
    return None


def head(connection: Connection) -> Entry | None:
    """The last entry."""
    row = connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).mappings().first()
    return None if row is None else _entry(row)


def entries(connection: Connection, *, subject: str | None = None, limit: int | None = None) -> list[Entry]:
    """The latest entries, newest first."""
    statement = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if subject is not None:
        statement = statement.where(audit.c.subject == subject)
    return [_entry(row) for row in connection.execute(statement).mappings()]


def _entry(row: RowMapping) -> Entry:
    return Entry(row["seq"], row["prev"], row["hash"], msgspec.json.decode(row["body"]))
