"""Whole documents, a few per divergence, the most telling kept: those of the latest epoch, with few other
findings, and short.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, insert, select

from strangler.ledger import tables
from strangler.ledger.counting import CellKey
from strangler.ledger.findings import divergence_id
from strangler.ledger.settled import Exemplar, Settled

_DECODER = msgspec.msgpack.Decoder(Exemplar)
_FINDING = 1_000_000_000


def score(settled: Settled, exemplar: Exemplar) -> int:
    """The higher, the more telling: one finding alone before several, then the shorter documents."""
    messages = (exemplar.request.message, exemplar.legacy.message, exemplar.candidate.message)
    size = sum(len(message.body or "") for message in messages if message is not None)
    return -(len(settled.findings) * _FINDING + min(size, _FINDING - 1))


def keep(connection: Connection, placed: Sequence[tuple[CellKey, Settled]], limit: int) -> None:
    """Write the exemplars that belong among the `limit` best of their divergence, and let go of those they
    push out.
    """
    offered: dict[str, list[tuple[int, int, int, Settled]]] = {}
    for index, (key, settled) in enumerate(placed):
        if settled.exemplar is not None:
            for finding in settled.findings:
                divergence = divergence_id(settled.epoch.cutover, settled.route, finding.fingerprint)
                rank = (key[0], score(settled, settled.exemplar), -index, settled)
                offered.setdefault(divergence, []).append(rank)
    for divergence, ranks in sorted(offered.items()):
        _choose(connection, divergence, ranks, limit)


def _choose(
    connection: Connection, divergence: str, offered: list[tuple[int, int, int, Settled]], limit: int
) -> None:
    table = tables.exemplars
    statement = select(table.c.id, table.c.epoch, table.c.score).where(table.c.divergence == divergence)
    # An earlier one stays before a later one that tells as much: rewriting would say nothing new.
    ranked: list[tuple[tuple[int, int, int, int], int | Settled]] = [
        ((row.epoch, row.score, 1, -row.id), row.id) for row in connection.execute(statement)
    ]
    ranked += [((epoch, points, 0, order), settled) for epoch, points, order, settled in offered]
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    gone = [item for _, item in ranked[limit:] if isinstance(item, int)]
    if gone:
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    for (epoch, points, _, _), item in ranked[:limit]:
        if isinstance(item, Settled) and item.exemplar is not None:
            connection.execute(insert(table).values(_row(divergence, epoch, points, item, item.exemplar)))


def _row(divergence: str, epoch: int, points: int, settled: Settled, exemplar: Exemplar) -> dict[str, object]:
    origin = settled.origin
    return {
        "divergence": divergence,
        "epoch": epoch,
        "score": points,
        "at_ns": settled.at_ns,
        "origin": f"{origin.plane}/{origin.boot}/{origin.seq}",
        "document": msgspec.msgpack.encode(exemplar),
        "redaction_version": exemplar.redaction_version,
        "key_id": exemplar.key_id,
    }


def exemplars(connection: Connection, divergence: str) -> tuple[Exemplar, ...]:
    """Those of a divergence, the most telling first."""
    table = tables.exemplars
    statement = (
        select(table.c.document)
        .where(table.c.divergence == divergence)
        .order_by(table.c.epoch.desc(), table.c.score.desc(), table.c.id)
    )
    return tuple(_DECODER.decode(document) for document in connection.execute(statement).scalars())
