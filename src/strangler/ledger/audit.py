"""The audit chain: every transition and acceptance, append-only, each entry bound to the one before by
SHA-256.

`hash = SHA-256(prev + canonical JSON of the body)`; the first `prev` is 64 zeros. The database refuses to change or to
delete an entry (triggers, in the schema). A chain shows what was changed, left out or put in another order by somebody
who got round that; it cannot show that its end was cut off, or that all of it was written anew: for that a `Head` is
kept elsewhere, and `verify` holds the chain against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select

from strangler.canonical import canonical
from strangler.ledger.tables import audit

GENESIS: Final = "0" * 64
COLUMNS: Final = ("seq", "prev", "hash", "body", "subject")

type Row = Mapping[str, Any]
"""A link as it is stored: `COLUMNS`, `body` being canonical JSON as text."""


class Entry(msgspec.Struct, frozen=True):
    """One link. `body` holds seq, at_ns, actor, action, subject, reason, before, after, evidence (hash), and `via`
    where somebody acted otherwise than by a command: how they were known.
    """

    seq: int
    prev: str
    hash: str
    body: dict[str, Any]


class Head(msgspec.Struct, frozen=True):
    """How far the chain went, and the hash of its last entry: what is kept elsewhere."""

    seq: int
    hash: str


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
    via: str = "",
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
        **({"via": via} if via else {}),
    }
    text = canonical(body).decode()
    entry = Entry(seq, prev, _link(prev, text), msgspec.json.decode(text))
    connection.execute(
        insert(audit).values(seq=seq, prev=prev, hash=entry.hash, body=text, subject=subject),
    )
    return entry


def _link(prev: str, body: str) -> str:
    return hashlib.sha256(prev.encode() + body.encode()).hexdigest()


def verify(connection: Connection, anchor: Head | None = None) -> Broken | None:
    """Walk the whole chain; None when every link holds. `anchor`: a head from before, kept elsewhere."""
    with closing(rows(connection)) as links:  # a walk that ends early leaves a cursor open on PostgreSQL
        return verified(links, anchor)


def verified(links: Iterable[Row], anchor: Head | None = None) -> Broken | None:
    """The same for links from wherever they come, in the order in which they claim to stand."""
    prev, seq = GENESIS, 0
    for seq, link in enumerate(links, start=1):
        what = _broken(link, seq, prev)
        if what is None and anchor is not None and anchor.seq == seq and anchor.hash != link["hash"]:
            what = "it is not the entry whose hash was kept"
        if what is not None:
            return Broken(link["seq"], what)
        prev = link["hash"]
    if anchor is not None and anchor.seq > seq:
        return Broken(seq + 1, f"the chain ends at {seq}, and once went to {anchor.seq}: its end was cut off")
    return None


def rows(connection: Connection) -> Generator[Row]:
    """Every link as it is stored, by number. Close it when it is left early."""
    statement = select(audit).order_by(audit.c.seq).execution_options(yield_per=1_000)
    with connection.execute(statement) as result:
        for row in result.mappings():
            yield {name: row[name] for name in COLUMNS}


def _broken(link: Row, expected: int, prev: str) -> str | None:
    if link["seq"] != expected:
        return f"entry {expected} is missing"
    if link["prev"] != prev:
        return "it does not follow the entry before it"
    if link["hash"] != _link(prev, link["body"]):
        return "its body is not what was written"
    return (
        None
        if _columns(link["body"]) == (expected, link["subject"])
        else "its columns are not those of its body"
    )


def _columns(body: str) -> tuple[object, object] | None:
    """What a body says of itself; None where who wrote it was not us."""
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
    return said.get("seq"), said.get("subject")


def head(connection: Connection) -> Entry | None:
    """The last entry."""
    row = connection.execute(select(audit).order_by(audit.c.seq.desc()).limit(1)).mappings().first()
    return None if row is None else _entry(row)


def entries(
    connection: Connection,
    *,
    subject: str | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """The latest entries, newest first. `before`: only those with a smaller number."""
    statement = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if subject is not None:
        statement = statement.where(audit.c.subject == subject)
    if before is not None:
        statement = statement.where(audit.c.seq < before)
    return [_entry(row) for row in connection.execute(statement).mappings()]


def _entry(row: RowMapping) -> Entry:
    return Entry(row["seq"], row["prev"], row["hash"], msgspec.json.decode(row["body"]))
