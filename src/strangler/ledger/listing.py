"""Divergences page by page, worst first: by drift of money, then by how often they were seen, over all epochs.

A page is read along an index from where the last one ended, so the ten-thousandth costs what the first does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, and_, exists, func, not_, or_, select, tuple_

from strangler.ledger import tables
from strangler.ledger.divergences import Divergence, _filled, united
from strangler.ledger.settled import SEVERITIES

_SEARCHED: Final = ("id", "fingerprint", "location", "cause", "detail", "legacy", "candidate", "claims")
_MOST: Final = 500
COUNTED: Final = 10_000
"""What takes a look at every divergence is counted up to here."""
STATES: Final = ("open", "regressed", "accepted", "resolved")


class Filter(msgspec.Struct, frozen=True):
    """Which divergences; an empty text filters nothing.

    `version`: of the candidate, with which it was seen; `stratum`: in which; `search`: part of its id, place, cause or
    values, whatever the case. `epochs`: seen in one of those.
    """

    cutover: str = ""
    route: str = ""
    cause: str = ""
    state: str = ""
    severity: str = ""
    version: str = ""
    stratum: str = ""
    search: str = ""
    epochs: tuple[int, ...] = ()


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
    """One page. A divergence that is part of another of the same state stands in that one, as `united` has it, unless
    more money is at stake in the part.
    """
    table = tables.divergences
    order = tuple_(table.c.drift_rank, table.c.times, table.c.id)
    statement = (
        select(table)
        .where(_shown(), *conditions(connection, chosen))
        .order_by(table.c.drift_rank.desc(), table.c.times.desc(), table.c.id.desc())
        .limit(min(limit, _MOST) + 1)
    )
    if after is not None:
        statement = statement.where(order < tuple_(after.rank, after.times, after.id))
    rows = list(connection.execute(statement).mappings())
    here = rows[: min(limit, _MOST)]
    found = {each.id: each for each in _filled(connection, here, None)}
    whole = {each.id: each for each in united([*found.values(), *_parts(connection, list(found))])}
    last = here[-1] if len(rows) > len(here) else None
    following = Place(last["drift_rank"], last["times"], last["id"]) if last is not None else None
    return Listed(tuple(whole.get(each, found[each]) for each in found), following)


def _parts(connection: Connection, ids: list[str]) -> list[Divergence]:
    """What is part of one of these and does not stand among them."""
    table = tables.divergences
    parts = select(table).where(table.c.merged_into.in_(ids), table.c.id.not_in(ids))
    return _filled(connection, list(connection.execute(parts).mappings()), None)


def tally(connection: Connection, chosen: Filter, most: int = COUNTED) -> dict[str, dict[str, int]]:
    """State to severity to how many there are, parts of others not counted by themselves; at most so many in all."""
    table = tables.divergences
    out: dict[str, dict[str, int]] = {state: dict.fromkeys(SEVERITIES, 0) for state in STATES}
    # Two questions, so that the first, of nearly all of them, is answered from an index alone.
    for which in (table.c.merged_into == "", and_(table.c.merged_into != "", not_(_inside()))):
        found = select(table.c.state, table.c.severity).where(which, *conditions(connection, chosen))
        some = (found if _is_indexed(chosen) else found.limit(most)).subquery()
        counts = select(some.c.state, some.c.severity, func.count()).group_by(some.c.state, some.c.severity)
        for state, severity, count in connection.execute(counts):
            out[state][severity] += count
    return out


def counted(connection: Connection) -> Iterator[tuple[str, str, str, str, str, int]]:
    """Cutover, route, severity, state, cause, and how many divergences are so, parts of others not counted by
    themselves. Nearly all are counted from an index alone, in its order.
    """
    table = tables.divergences
    kinds = (table.c.state, table.c.severity, table.c.cause, table.c.route, table.c.cutover)
    for which in (table.c.merged_into == "", and_(table.c.merged_into != "", not_(_inside()))):
        for state, severity, cause, route, cutover, count in connection.execute(
            select(*kinds, func.count()).where(which).group_by(*kinds)
        ):
            yield cutover, route, severity, state, cause, count


def _is_indexed(chosen: Filter) -> bool:
    """Whether the columns of the index tell what is chosen: then all of it is counted."""
    return not (chosen.version or chosen.stratum or chosen.search or chosen.epochs or chosen.cause)


def causes(connection: Connection) -> tuple[str, ...]:
    """Every cause there is."""
    return _distinct(connection, tables.divergences.c.cause)


def versions(connection: Connection) -> tuple[str, ...]:
    """Every version of the candidate that was compared."""
    return _distinct(connection, tables.epochs.c.version)


def strata(connection: Connection) -> tuple[str, ...]:
    """Every stratum in which something was compared."""
    return _distinct(connection, tables.evidence.c.stratum)


def _distinct(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    found: list[str] = list(connection.execute(select(column).distinct()).scalars())
    return tuple(sorted(filter(None, found)))


def _shown() -> ColumnElement[bool]:
    return or_(tables.divergences.c.merged_into == "", not_(_inside()))


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


def conditions(connection: Connection, chosen: Filter) -> Sequence[ColumnElement[bool]]:
    """What the rows must be."""
    table = tables.divergences
    out = [
        table.c[name] == value
        for name in ("cutover", "route", "state", "severity")
        if (value := getattr(chosen, name))
    ]
    if chosen.cause:
        named = f'"code":"{_escaped(chosen.cause)}"'
        learned = table.c.claims.like(f"%{named}%", escape="\\")
        out.append(or_(and_(table.c.claims == "", table.c.cause == chosen.cause), learned))
    if chosen.search:
        out.append(or_(*(_within(connection, table.c[name], chosen.search) for name in _SEARCHED)))
    if chosen.epochs or chosen.version:
        out.append(_seen_in(_epochs(connection, chosen), few=bool(chosen.version)))
    if chosen.stratum:
        out.append(_seen_under(chosen.stratum, _epochs(connection, chosen)))
    return out


def _epochs(connection: Connection, chosen: Filter) -> list[int]:
    """The epochs in question: a handful, so that each is looked up by key."""
    table = tables.epochs
    statement = select(table.c.id)
    for name in ("version", "cutover"):
        if value := getattr(chosen, name):
            statement = statement.where(table.c[name] == value)
    if chosen.epochs:
        statement = statement.where(table.c.id.in_(chosen.epochs))
    return list(connection.execute(statement).scalars())


def _seen_in(epochs: list[int], *, few: bool) -> ColumnElement[bool]:
    """`few`: those of an epoch are likely fewer than all there are, so they are looked up from it; else one by one."""
    seen, table = tables.divergence_epochs, tables.divergences
    if few:
        return table.c.id.in_(select(seen.c.divergence).where(seen.c.epoch.in_(epochs)))
    return exists().where(seen.c.divergence == table.c.id, seen.c.epoch.in_(epochs))


def _seen_under(stratum: str, epochs: list[int]) -> ColumnElement[bool]:
    minutes = tables.divergence_minutes
    return exists().where(
        minutes.c.divergence == tables.divergences.c.id,
        minutes.c.epoch.in_(epochs),
        minutes.c.stratum == stratum,
    )


def _within(connection: Connection, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    pattern = f"%{_escaped(text)}%"
    # SQLite's LIKE takes no notice of case by itself; asking for it anew, as ilike does, takes twice as long.
    plain = connection.dialect.name == "sqlite"
    return column.like(pattern, escape="\\") if plain else column.ilike(pattern, escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
