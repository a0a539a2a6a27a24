"""What many pairs have taught, per epoch and route: evidence of all workers, added up in the flush that counts them.

It stands in the ledger, so that several workers agree on it and none that starts anew has forgotten it; it belongs to
its epoch, as all evidence does. From it follows, in the same transaction, which learned causes divergences have and
which of them are part of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select, update

from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.enums import open_questions
from strangler.comparison.learning.evidence import Learned
from strangler.comparison.learning.table import claims_of
from strangler.ledger import tables
from strangler.ledger.counting import CellKey
from strangler.ledger.settled import Settled
from strangler.ledger.upsert import upsert

_DECODER: Final = msgspec.json.Decoder(Learned)
_CLAIMS: Final = msgspec.json.Decoder(tuple[Claim, ...])


def write(connection: Connection, placed: Sequence[tuple[CellKey, Settled]], now_ns: int) -> None:
    """Add what judged exchanges have shown. Part of `flush`, after the divergences are written."""
    shown: dict[tuple[int, str], list[Learned]] = {}
    for key, settled in placed:
        if settled.learned:
            shown.setdefault((key[0], settled.route), []).append(settled.learned)
    for (epoch, route), parts in sorted(shown.items(), key=lambda each: each[0]):
        known = learned(connection, epoch, route)
        before = msgspec.json.encode(known)
        for part in parts:
            known.add(part)
        body = msgspec.json.encode(known)
        if body != before:
            row = {"epoch": epoch, "route": route, "body": body, "last_ns": now_ns}
            upsert(connection, tables.learned, [row], replace=("body",), latest=("last_ns",))
            _claim(connection, epoch, route, tuple(claims_of(known)))


def learned(connection: Connection, epoch: int, route: str) -> Learned:
    """The evidence of an epoch and route; empty where there is none."""
    table = tables.learned
    here = (table.c.epoch == epoch) & (table.c.route == route)
    body = connection.execute(select(table.c.body).where(here)).scalar()
    return Learned() if body is None else _DECODER.decode(body)


def open_places(connection: Connection, digests: Iterable[str]) -> dict[tuple[str, str], frozenset[str]]:
    """Where the value of an enumeration may have another name, by the digest of the epoch and the route."""
    table, epochs = tables.learned, tables.epochs
    statement = (
        select(epochs.c.digest, table.c.route, table.c.body)
        .join(epochs, epochs.c.id == table.c.epoch)
        .where(epochs.c.digest.in_(sorted(digests)))
    )
    return {
        (digest, route): open_questions(_DECODER.decode(body))
        for digest, route, body in connection.execute(statement)
    }


def claims_in(text: str) -> tuple[Claim, ...]:
    """The claims of a divergence, as its row has them."""
    return _CLAIMS.decode(text) if text else ()


def together(counts: Iterable[tuple[str, int]]) -> int:
    """How often one divergence was seen that is several, from their kinds and counts.

    What is missing and what is extra of a renamed field are in the same exchanges, which count once.
    """
    sums: dict[str, int] = {}
    for kind, count in counts:
        sums[kind] = sums.get(kind, 0) + count
    once = max(sums.pop("missing", 0), sums.pop("extra", 0))
    return once + sum(sums.values())


def _claim(connection: Connection, epoch: int, route: str, claims: tuple[Claim, ...]) -> None:
    """What the divergences of this epoch and route are called, and part of; what does not hold any more goes."""
    table, seen = tables.divergences, tables.divergence_epochs
    statement = (
        select(table.c.id, table.c.fingerprint, table.c.claims, table.c.merged_into)
        .join(seen, seen.c.divergence == table.c.id)
        .where((seen.c.epoch == epoch) & (table.c.route == route))
    )
    rows = list(connection.execute(statement))
    ids = {row.fingerprint: row.id for row in rows}
    of: dict[str, list[Claim]] = {}
    for claim in claims:
        for fingerprint in claim.fingerprints:
            of.setdefault(fingerprint, []).append(claim)
    into = _roots(claims, ids)
    for row in rows:
        mine = of.get(row.fingerprint)
        text = msgspec.json.encode(mine).decode() if mine else ""
        merged = into.get(row.fingerprint, "")
        if (row.claims, row.merged_into) != (text, merged):
            change = update(table).where(table.c.id == row.id)
            connection.execute(change.values(claims=text, merged_into=merged))


def _roots(claims: Iterable[Claim], ids: Mapping[str, str]) -> dict[str, str]:
    """Fingerprints to the id of the divergence that they are part of; those that are part of none are left out."""
    root = {fingerprint: fingerprint for fingerprint in ids}
    for claim in claims:
        members = dict.fromkeys(root[each] for each in claim.fingerprints if each in root)
        first = next(iter(members), "")
        root = {each: first if of in members else of for each, of in root.items()}
    return {each: ids[of] for each, of in root.items() if of != each}
