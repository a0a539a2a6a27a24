"""Which divergences stand in a list by themselves: what is part of another of the same state stands in that one, unless
more money is at stake in the part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, literal_column, not_, or_

from strangler.ledger import tables
from strangler.ledger.choices import STATES, causes
from strangler.ledger.settled import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from strangler.ledger.filters import Filter


def shown() -> ColumnElement[bool]:
    """What stands by itself, in a walk along an order."""
    return or_(tables.divergences.c.merged_into == "", not_(_inside()))


def standing() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """As `shown`, in two: the first, of nearly all of them, is answered from an index alone, and so is which rows the
    second is about (`>`, where `!=` would look at every one).
    """
    merged = tables.divergences.c.merged_into
    return merged == "", and_(merged > "", not_(_inside()))


def ways(
    connection: Connection, chosen: Filter, where: Sequence[ColumnElement[bool]]
) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """What is chosen and stands by itself, in several parts that have nothing in common: each is found where it lies in
    an index. What no index tells is found in one walk over the table as it lies, which takes half the time of one from
    an index to row after row. `where`: the filter's `conditions`.
    """
    if chosen.version or chosen.stratum or chosen.search or chosen.epochs:
        return ((shown(), *where),)
    alone, apart = standing()
    leading = _leading(connection, chosen)
    if not chosen.cause:
        return (alone, *leading, *where), (apart, *where)
    table = tables.divergences
    # A parameter would not show SQLite that the index of what has claims holds all of these.
    claimed = table.c.claims > literal_column("''")
    return (
        (alone, *leading, table.c.cause == chosen.cause, table.c.claims == "", *where),
        (alone, claimed, *where),
        (apart, *where),
    )


def _leading(connection: Connection, chosen: Filter) -> Iterator[ColumnElement[bool]]:
    """What is true of all: with it an index is entered at each value of the columns before the one that is chosen."""
    table = tables.divergences
    if not chosen.state and (chosen.severity or chosen.route or chosen.cause):
        yield table.c.state.in_(STATES)
    if not chosen.severity and (chosen.route or chosen.cause):
        yield table.c.severity.in_(SEVERITIES)
    if not chosen.cause and chosen.route:
        yield table.c.cause.in_(("", *causes(connection)))


def _inside() -> ColumnElement[bool]:
    """What stands in the one that it is part of."""
    table = tables.divergences
    root = table.alias("root")
    return exists().where(
        root.c.id == table.c.merged_into,
        root.c.merged_into == "",
        root.c.state == table.c.state,
        root.c.drift_rank >= table.c.drift_rank,
    )
