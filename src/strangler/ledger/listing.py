"""Divergences page by page, worst first: by drift of money, then by how often they were seen, over all epochs.

A page is read along an index from where the last one ended, so the ten-thousandth costs what the first does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    text,
    tuple_,
)

from strangler.ledger import tables
from strangler.ledger.divergences import Divergence, _filled, united
from strangler.ledger.settled import SEVERITIES

_SEARCHED: Final = ("location", "cause", "detail", "legacy", "candidate", "claims")
_NAMES: Final = ("id", "fingerprint")
"""Searched too, for what may be part of a digest."""
_DIGEST: Final = re.compile(r"[0-9A-Fa-f-]+")
_MOST: Final = 500
COUNTED: Final = 2_000
"""What no index tells is counted up to here; so many are sorted quicker than found along the index of the order."""
_CAUSES: Final = """
WITH RECURSIVE pairs(state, severity) AS (VALUES %s), steps(state, severity, cause) AS (
    SELECT state, severity, (
        SELECT min(d.cause) FROM divergences d
        WHERE d.merged_into = '' AND d.state = pairs.state AND d.severity = pairs.severity
    ) FROM pairs
    UNION ALL
    SELECT state, severity, (
        SELECT min(d.cause) FROM divergences d
        WHERE d.merged_into = '' AND d.state = steps.state AND d.severity = steps.severity AND d.cause > steps.cause
    ) FROM steps WHERE cause IS NOT NULL
) SELECT DISTINCT cause FROM steps
"""
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


class Looked(msgspec.Struct, frozen=True):
    """A page, with what `tally` says of all pages."""

    page: Listed
    matching: dict[str, dict[str, int]]


def look(connection: Connection, chosen: Filter, after: Place | None = None, limit: int = 50) -> Looked:
    """As `listed` and `tally`. What no index tells is looked for but once where it is rare: then all of it is sorted,
    in place of a second search along the order.
    """
    indexed = _is_indexed(chosen)
    matching = tally(connection, chosen) if indexed else {}
    few = sum(sum(each.values()) for each in matching.values()) <= COUNTED
    keys = _keys(connection, chosen, COUNTED + 1) if few else []
    if not indexed:
        few = len(keys) <= COUNTED
        matching = _sums((state, severity, 1) for _, state, severity in keys[:COUNTED])
    if not few:
        return Looked(listed(connection, chosen, after, limit), matching)
    places = sorted((place for place, _, _ in keys), key=_order, reverse=True)
    left = [place for place in places if after is None or _order(place) < _order(after)]
    return Looked(_of_these(connection, left, min(limit, _MOST)), matching)


def _order(place: Place) -> tuple[int, int, str]:
    return place.rank, place.times, place.id


def _of_these(connection: Connection, places: Sequence[Place], limit: int) -> Listed:
    here = places[:limit]
    table = tables.divergences
    statement = select(table).where(table.c.id.in_([place.id for place in here]))
    rows = {row["id"]: row for row in connection.execute(statement).mappings()} if here else {}
    following = here[-1] if len(places) > len(here) else None
    return Listed(_whole(connection, [rows[place.id] for place in here]), following)


def _keys(connection: Connection, chosen: Filter, most: int) -> list[tuple[Place, str, str]]:
    """Place, state and severity of what is chosen, in no order; at most so many."""
    table = tables.divergences
    wanted = select(table.c.drift_rank, table.c.times, table.c.id, table.c.state, table.c.severity)
    where = conditions(connection, chosen)
    out: list[tuple[Place, str, str]] = []
    for which in _ways(chosen):
        rows = connection.execute(wanted.where(which, *where).limit(most - len(out)))
        out += [(Place(rank, times, key), state, severity) for rank, times, key, state, severity in rows]
    return out


def _sums(found: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {state: dict.fromkeys(SEVERITIES, 0) for state in STATES}
    for state, severity, count in found:
        out[state][severity] += count
    return out


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
    last = here[-1] if len(rows) > len(here) else None
    following = Place(last["drift_rank"], last["times"], last["id"]) if last is not None else None
    return Listed(_whole(connection, here), following)


def _whole(connection: Connection, rows: list[RowMapping]) -> tuple[Divergence, ...]:
    found = {each.id: each for each in _filled(connection, rows, None)}
    whole = {each.id: each for each in united([*found.values(), *_parts(connection, list(found))])}
    return tuple(whole.get(each, found[each]) for each in found)


def _parts(connection: Connection, ids: list[str]) -> list[Divergence]:
    """What is part of one of these and does not stand among them."""
    table = tables.divergences
    parts = select(table).where(table.c.merged_into.in_(ids), table.c.id.not_in(ids))
    return _filled(connection, list(connection.execute(parts).mappings()), None)


def tally(connection: Connection, chosen: Filter, most: int = COUNTED) -> dict[str, dict[str, int]]:
    """State to severity to how many there are, parts of others not counted by themselves; at most so many in all."""
    table = tables.divergences
    out = _sums(())
    for which in _ways(chosen):
        found = select(table.c.state, table.c.severity).where(which, *conditions(connection, chosen))
        some = (found if _is_indexed(chosen) else found.limit(most)).subquery()
        counts = select(some.c.state, some.c.severity, func.count()).group_by(some.c.state, some.c.severity)
        for state, severity, count in connection.execute(counts):
            out[state][severity] += count
    return out


def _ways(chosen: Filter) -> tuple[ColumnElement[bool], ...]:
    """How what is shown is found: by the index where it tells what is chosen, else in one walk over the table as it
    lies, which takes half the time of one from an index to row after row.
    """
    return _standing() if _is_indexed(chosen) else (_shown(),)


def counted(connection: Connection) -> Iterator[tuple[str, str, str, str, str, int]]:
    """Cutover, route, severity, state, cause, and how many divergences are so, parts of others not counted by
    themselves. Nearly all are counted from an index alone, in its order.
    """
    table = tables.divergences
    kinds = (table.c.state, table.c.severity, table.c.cause, table.c.route, table.c.cutover)
    for which in _standing():
        for state, severity, cause, route, cutover, count in connection.execute(
            select(*kinds, func.count()).where(which).group_by(*kinds)
        ):
            yield cutover, route, severity, state, cause, count


def _is_indexed(chosen: Filter) -> bool:
    """Whether the columns of the index tell what is chosen: then all of it is counted."""
    return not (chosen.version or chosen.stratum or chosen.search or chosen.epochs or chosen.cause)


def causes(connection: Connection) -> tuple[str, ...]:
    """Every cause of what is part of nothing else, from one to the next along an index."""
    pairs = [{"state": state, "severity": severity} for state in STATES for severity in SEVERITIES]
    values = ", ".join(f"(:state{number}, :severity{number})" for number in range(len(pairs)))
    given = {f"{name}{number}": value for number, pair in enumerate(pairs) for name, value in pair.items()}
    return tuple(sorted(filter(None, connection.execute(text(_CAUSES % values), given).scalars())))


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


def _standing() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """As `_shown`, in two: the first, of nearly all of them, is answered from an index alone, and so is which rows the
    second is about (`>`, where `!=` would look at every one).
    """
    merged = tables.divergences.c.merged_into
    return merged == "", and_(merged > "", not_(_inside()))


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
        names = (*_SEARCHED, *_NAMES) if _DIGEST.fullmatch(chosen.search) else _SEARCHED
        out.append(or_(*(_within(connection, table.c[name], chosen.search) for name in names)))
    if chosen.epochs or chosen.version:
        out.append(_seen_in(connection, _epochs(connection, chosen)))
    if chosen.stratum:
        out.append(_seen_under(connection, chosen.stratum, _epochs(connection, chosen)))
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


def _seen_in(connection: Connection, epochs: list[int]) -> ColumnElement[bool]:
    """Where few were seen they are looked up from the epoch; else each is asked whether it was."""
    seen, table = tables.divergence_epochs, tables.divergences
    found = select(seen.c.divergence).where(seen.c.epoch.in_(epochs))
    if _are_few(connection, found):
        return table.c.id.in_(found)
    return exists().where(seen.c.divergence == table.c.id, seen.c.epoch.in_(epochs))


def _seen_under(connection: Connection, stratum: str, epochs: list[int]) -> ColumnElement[bool]:
    """The same; each by the epochs that it was seen in, which are few, and not by all there are."""
    seen, minutes, table = tables.divergence_epochs, tables.divergence_minutes, tables.divergences
    found = select(minutes.c.divergence).where(minutes.c.stratum == stratum, minutes.c.epoch.in_(epochs))
    if _are_few(connection, found):
        return table.c.id.in_(found)
    return exists().where(
        seen.c.divergence == table.c.id,
        seen.c.epoch.in_(epochs),
        minutes.c.divergence == seen.c.divergence,
        minutes.c.epoch == seen.c.epoch,
        minutes.c.stratum == stratum,
    )


def _are_few(connection: Connection, found: Select[tuple[str]]) -> bool:
    some = found.limit(COUNTED + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar() or 0) <= COUNTED


def _within(connection: Connection, column: ColumnElement[str], searched: str) -> ColumnElement[bool]:
    pattern = f"%{_escaped(searched)}%"
    # SQLite's LIKE takes no notice of case by itself; asking for it anew, as ilike does, takes twice as long.
    plain = connection.dialect.name == "sqlite"
    return column.like(pattern, escape="\\") if plain else column.ilike(pattern, escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
