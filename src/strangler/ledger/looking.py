"""A page of divergences, with how many there are on all pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from strangler.ledger import at_once, tables
from strangler.ledger.choices import STATES
from strangler.ledger.filters import Filter, conditions, is_indexed
from strangler.ledger.listing import Listed, Place, of_these, page
from strangler.ledger.settled import SEVERITIES
from strangler.ledger.standing import standing, ways

COUNTED: Final = 1_000
"""What no index tells is counted up to here; so many are sorted quicker than found along the index of the order."""

type Ways = Sequence[tuple[ColumnElement[bool], ...]]


class Looked(msgspec.Struct, frozen=True):
    """A page, with what `tally` says of all pages."""

    page: Listed
    matching: dict[str, dict[str, int]]


class _Key(msgspec.Struct, frozen=True, array_like=True):
    """What a divergence is ordered and counted by."""

    rank: int
    times: int
    id: str
    state: str
    severity: str


_KEYS: Final = msgspec.json.Decoder(list[_Key])


def look(connection: Connection, chosen: Filter, after: Place | None = None, limit: int = 50) -> Looked:
    """As `listed` and `tally`, but what no index tells is counted up to `COUNTED`. What is rare is looked for but once:
    all of it is then sorted, in place of a second search along the order.
    """
    where = conditions(connection, chosen)
    found = ways(connection, chosen, where)
    exact = _tally(connection, found) if is_indexed(chosen) else None
    if exact is not None and _total(exact) > COUNTED:
        return Looked(page(connection, where, after, limit), exact)
    keys = _keys(connection, found, COUNTED + 1)
    if len(keys) <= COUNTED:
        return Looked(_sorted_page(connection, keys, after, limit), _sums_of(keys))
    return Looked(page(connection, where, after, limit), _sums_of(keys[:COUNTED]))


def tally(connection: Connection, chosen: Filter) -> dict[str, dict[str, int]]:
    """State to severity to how many there are, parts of others not counted by themselves."""
    return _tally(connection, ways(connection, chosen, conditions(connection, chosen)))


def counted(connection: Connection) -> Iterator[tuple[str, str, str, str, str, int]]:
    """Cutover, route, severity, state, cause, and how many divergences are so, parts of others not counted by
    themselves. Nearly all are counted from an index alone, in its order.
    """
    table = tables.divergences
    kinds = (table.c.state, table.c.severity, table.c.cause, table.c.route, table.c.cutover)
    for which in standing():
        for state, severity, cause, route, cutover, count in connection.execute(
            select(*kinds, func.count()).where(which).group_by(*kinds)
        ):
            yield cutover, route, severity, state, cause, count


def _keys(connection: Connection, found: Ways, most: int) -> list[_Key]:
    """In no order; at most so many."""
    table = tables.divergences
    columns = [table.c[name] for name in ("drift_rank", "times", "id", "state", "severity")]
    out: list[_Key] = []
    for where in found:
        some = select(*columns).where(*where).limit(most - len(out)).subquery()
        told = connection.execute(select(at_once.rows(connection, *some.c))).scalar()
        out += _KEYS.decode(told or "[]")
    return out


def _sorted_page(connection: Connection, keys: Iterable[_Key], after: Place | None, limit: int) -> Listed:
    places = sorted((Place(key.rank, key.times, key.id) for key in keys), key=_order, reverse=True)
    left = [place for place in places if after is None or _order(place) < _order(after)]
    return of_these(connection, left, limit)


def _order(place: Place) -> tuple[int, int, str]:
    return place.rank, place.times, place.id


def _tally(connection: Connection, found: Ways) -> dict[str, dict[str, int]]:
    table = tables.divergences
    kinds = (table.c.state, table.c.severity)
    return _sums(
        (state, severity, count)
        for where in found
        for state, severity, count in connection.execute(
            select(*kinds, func.count()).where(*where).group_by(*kinds)
        )
    )


def _total(matching: dict[str, dict[str, int]]) -> int:
    return sum(sum(severities.values()) for severities in matching.values())


def _sums_of(keys: Iterable[_Key]) -> dict[str, dict[str, int]]:
    return _sums((key.state, key.severity, 1) for key in keys)


def _sums(found: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {state: dict.fromkeys(SEVERITIES, 0) for state in STATES}
    for state, severity, count in found:
        out[state][severity] += count
    return out
