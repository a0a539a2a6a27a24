"""Which divergences are meant: filters, as conditions on the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from strangler.ledger import tables

_SEARCHED: Final = ("location", "cause", "detail", "legacy", "candidate", "claims")
_NAMES: Final = ("id", "fingerprint")
"""Searched too, for what may be part of a digest."""
_BETWEEN: Final = "\1"
_DIGEST: Final = re.compile(r"[0-9A-Fa-f-]+")
FEW: Final = 1_000
"""So many are looked up one by one sooner than found in a walk over all."""


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


def is_indexed(chosen: Filter) -> bool:
    """Whether the columns of the index tell what is chosen: then all of it is counted."""
    return not (chosen.version or chosen.stratum or chosen.search or chosen.epochs or chosen.cause)


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
        other = table.alias("claimed")
        # Few have claims: they are found once, and whoever walks along an index need not look at each row for them.
        learned = select(other.c.id).where(
            other.c.claims > literal_column("''"), other.c.claims.like(f"%{named}%", escape="\\")
        )
        out.append(or_(and_(table.c.cause == chosen.cause, table.c.claims == ""), table.c.id.in_(learned)))
    if chosen.search:
        names = (*_SEARCHED, *_NAMES) if _DIGEST.fullmatch(chosen.search) else _SEARCHED
        out.append(_found_in(connection, names, chosen.search))
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
    return _there(select(seen.c.epoch).where(seen.c.divergence == table.c.id, _one_of(seen.c.epoch, epochs)))


def _seen_under(connection: Connection, stratum: str, epochs: list[int]) -> ColumnElement[bool]:
    """The same; each by the epochs that it was seen in, and not by its minutes, of which there may be many."""
    seen, minutes, table = tables.divergence_epochs, tables.divergence_minutes, tables.divergences
    found = select(minutes.c.divergence).where(minutes.c.stratum == stratum, minutes.c.epoch.in_(epochs))
    if _are_few(connection, found):
        return table.c.id.in_(found)
    return _there(
        select(seen.c.epoch).where(
            seen.c.divergence == table.c.id,
            _one_of(seen.c.epoch, epochs),
            minutes.c.divergence == seen.c.divergence,
            minutes.c.epoch == seen.c.epoch,
            minutes.c.stratum == stratum,
        )
    )


def _there(found: Select[tuple[int]]) -> ColumnElement[bool]:
    """As `exists`, said so that PostgreSQL asks row by row and ends with the page: it would join all there are."""
    return found.limit(1).correlate(tables.divergences).scalar_subquery().is_not(None)


def _one_of(epoch: ColumnElement[int], epochs: list[int]) -> ColumnElement[bool]:
    """As `in_`, said so that no index is entered once for each of them: a divergence was seen in few epochs, and those
    are looked at.
    """
    return (epoch + 0).in_(epochs)


def _are_few(connection: Connection, found: Select[tuple[str]]) -> bool:
    some = found.limit(FEW + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar() or 0) <= FEW


def _found_in(connection: Connection, names: Iterable[str], searched: str) -> ColumnElement[bool]:
    """Whether one of these columns has it, in whatever case."""
    columns, pattern = [tables.divergences.c[name] for name in names], f"%{_escaped(searched)}%"
    if connection.dialect.name == "sqlite":
        # Its LIKE takes no notice of case by itself; asking for it anew, as ilike does, takes twice as long.
        return or_(*(column.like(pattern, escape="\\") for column in columns))
    # Six times ILIKE take more than twice as long.
    together = func.lower(func.concat_ws(_BETWEEN, *columns))
    return together.like(func.lower(pattern), escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
