"""The divergences of an epoch, as the gate looks at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

import msgspec
from sqlalchemy import Connection, and_, not_, select

from strangler.comparison.model import Kind, Severity
from strangler.evidence import Seen
from strangler.ledger import at_once, tables
from strangler.ledger.learning import claims_in, together
from strangler.ledger.settled import SEVERITIES


class _Learned(msgspec.Struct, frozen=True, array_like=True):
    """A divergence of an epoch of which it is known what it is called, or part of."""

    id: str
    route: str
    location: str
    kind: Kind
    cause: str
    severity: Severity
    count: int
    wrong_amounts: int
    merged_into: str
    claims: str


_SEEN: Final = msgspec.json.Decoder(list[Seen])
_LEARNED: Final = msgspec.json.Decoder(list[_Learned])


def seen_in(connection: Connection, epoch: int) -> tuple[Seen, ...]:
    """Divergences of the epoch, the most frequent first; one that was merged into another that is there too counts with
    it.
    """
    seen, table = tables.divergence_epochs, tables.divergences
    wanted = (
        *(table.c[name] for name in ("id", "route", "location", "kind", "cause", "severity")),
        seen.c.count,
        seen.c.wrong_amounts,
    )
    whole = select(table.c.merged_into).where(table.c.merged_into > "")
    alone = and_(table.c.merged_into == "", table.c.claims == "", table.c.id.not_in(whole))
    told, learned = connection.execute(
        select(
            at_once.rows(connection, *wanted, only=alone),
            at_once.rows(connection, *wanted, table.c.merged_into, table.c.claims, only=not_(alone)),
        )
        .select_from(seen.join(table, table.c.id == seen.c.divergence))
        .where(seen.c.epoch == epoch)
    ).one()
    found = [*_SEEN.decode(told or "[]"), *_united(_LEARNED.decode(learned or "[]"))]
    found.sort(key=attrgetter("id"))
    found.sort(key=attrgetter("count"), reverse=True)
    return tuple(found)


def _united(rows: Sequence[_Learned]) -> Iterator[Seen]:
    """Those about which something was learned, each with what is part of it."""
    into = {row.id: row.merged_into for row in rows}
    roots = {divergence: _root(into, divergence) for divergence in into}
    merged: dict[str, list[_Learned]] = defaultdict(list)
    for row in rows:
        merged[roots[row.id]].append(row)
    return (_seen_row(row, merged[row.id]) for row in rows if roots[row.id] == row.id)


def _root(into: dict[str, str], divergence: str) -> str:
    """What a divergence was merged into in the end; a circle counts under its smallest id, never as
    nothing.
    """
    passed = [divergence]
    while (following := into[passed[-1]]) in into:
        if following in passed:
            return min(passed[passed.index(following) :])
        passed.append(following)
    return passed[-1]


def _seen_row(row: _Learned, merged: Sequence[_Learned]) -> Seen:
    claims = claims_in(row.claims)
    return Seen(
        id=row.id,
        route=row.route,
        location=row.location,
        kind=row.kind,
        cause=claims[0].code if claims else row.cause,
        severity=next(each for each in SEVERITIES if any(entry.severity == each for entry in merged)),
        count=together((entry.kind, entry.count) for entry in merged),
        wrong_amounts=together((entry.kind, entry.wrong_amounts) for entry in merged),
        parts=len(merged),
    )
