"""Divergences page by page, worst first: by drift of money, then by how often they were seen, over all epochs.

A page is read along an index from where the last one ended, so the ten-thousandth costs what the first does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, select, tuple_

from strangler.ledger import tables
from strangler.ledger.divergences import Divergence, _filled, united
from strangler.ledger.filters import Filter, conditions
from strangler.ledger.standing import shown

_MOST: Final = 500
"""Divergences on a page."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: of its last divergence."""

    rank: int
    times: int
    id: str


class Listed(msgspec.Struct, frozen=True):
    """A page. `following`: where it ended, None where nothing comes after it."""

    found: tuple[Divergence, ...]
    following: Place | None


def listed(connection: Connection, chosen: Filter, after: Place | None = None, limit: int = 50) -> Listed:
    """One page. What is part of another is shown as one with it."""
    return page(connection, conditions(connection, chosen), after, limit)


def page(
    connection: Connection, where: Iterable[ColumnElement[bool]], after: Place | None, limit: int
) -> Listed:
    """One page, in a walk along the order."""
    table = tables.divergences
    order = tuple_(table.c.drift_rank, table.c.times, table.c.id)
    statement = (
        select(table)
        .where(shown(), *where)
        .order_by(table.c.drift_rank.desc(), table.c.times.desc(), table.c.id.desc())
        .limit(min(limit, _MOST) + 1)
    )
    if after is not None:
        statement = statement.where(order < tuple_(after.rank, after.times, after.id))
    rows = list(connection.execute(statement).mappings())
    here = rows[: min(limit, _MOST)]
    last = here[-1] if len(rows) > len(here) else None
    following = Place(last["drift_rank"], last["times"], last["id"]) if last is not None else None
    return Listed(_whole(connection, here), following)


def of_these(connection: Connection, places: Sequence[Place], limit: int) -> Listed:
    """One page of those at these places, in this order."""
    here = places[: min(limit, _MOST)]
    table = tables.divergences
    statement = select(table).where(table.c.id.in_([place.id for place in here]))
    rows = {row["id"]: row for row in connection.execute(statement).mappings()} if here else {}
    following = here[-1] if len(places) > len(here) else None
    return Listed(_whole(connection, [rows[place.id] for place in here]), following)


def _whole(connection: Connection, rows: list[RowMapping]) -> tuple[Divergence, ...]:
    found = {each.id: each for each in _filled(connection, rows, None)}
    whole = {each.id: each for each in united([*found.values(), *_parts(connection, list(found))])}
    return tuple(whole.get(each, found[each]) for each in found)


def _parts(connection: Connection, ids: list[str]) -> list[Divergence]:
    """What is part of one of these and does not stand among them."""
    table = tables.divergences
    parts = select(table).where(table.c.merged_into.in_(ids), table.c.id.not_in(ids))
    return _filled(connection, list(connection.execute(parts).mappings()), None)
