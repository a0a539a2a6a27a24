"""Document numbers in the ledger: a row per series, whatever the traffic; what finance has explained beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from strangler.config.model import Config
from strangler.errors import UsageError
from strangler.ledger import audit, tables
from strangler.ledger.settled import Watched
from strangler.ledger.streams import UNCAPTURED
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.upsert import upsert
from strangler.numbers import Finding, Kind, Series, Sighting, findings, merged
from strangler.numbers.runs import Run, without

MOST_SERIES: Final = 1_000
"""Series that are kept; numbers of further ones are counted as unread."""
UNREADABLE: Final = UNCAPTURED + "number-unreadable"
CROWDED: Final = UNCAPTURED + "number-series"
_DECODER: Final = msgspec.msgpack.Decoder(Series)


class Acknowledgement(msgspec.Struct, frozen=True):
    """Numbers of which somebody has said why they are as they are. What happens to them afterwards is not covered."""

    series: str
    kind: Kind
    first: int
    last: int
    at_ns: int
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A series with what is wrong in it. `open`: the part of `found` that nobody has acknowledged."""

    name: str
    series: Series
    found: tuple[Finding, ...]
    open: tuple[Finding, ...]
    acknowledged: tuple[Acknowledgement, ...]


def write(connection: Connection, seen: Sequence[Sighting], watched: Sequence[Watched], now_ns: int) -> None:
    """Add what answers showed. Part of `flush`: one writer at a time, so nothing is lost between two of them."""
    lost: Counter[tuple[str, str]] = Counter((UNREADABLE, item.route) for item in watched if item.unreadable)
    if seen:
        lost += _write_series(connection, seen, now_ns)
    rows = [
        {"minute": now_ns // MINUTE_NS, "epoch": 0, "reason": reason, "route": route, "count": count}
        for (reason, route), count in lost.items()
    ]
    upsert(connection, tables.losses, rows, add=("count",))


def _write_series(connection: Connection, seen: Sequence[Sighting], now_ns: int) -> Counter[tuple[str, str]]:
    lost: Counter[tuple[str, str]] = Counter()
    by_series = {
        name: list(those)
        for name, those in groupby(sorted(seen, key=lambda each: each.series), key=lambda each: each.series)
    }
    known = _stored(connection, list(by_series))
    room = MOST_SERIES - (connection.execute(select(func.count()).select_from(tables.numbers)).scalar() or 0)
    rows = []
    for name, those in by_series.items():
        if name not in known and (room := room - 1) < 0:
            lost.update((CROWDED, each.route) for each in those)
            continue
        before = known.get(name, Series())
        after = merged(before, those)
        if after != before:
            rows.append({"series": name, "body": msgspec.msgpack.encode(after), "last_ns": now_ns})
    upsert(connection, tables.numbers, rows, replace=("body", "last_ns"))
    return lost


def _stored(connection: Connection, names: Sequence[str] | None = None) -> dict[str, Series]:
    table = tables.numbers
    statement = select(table.c.series, table.c.body).order_by(table.c.series)
    if names is not None:
        statement = statement.where(table.c.series.in_(names))
    return {name: _DECODER.decode(body) for name, body in connection.execute(statement)}


def kept(connection: Connection, config: Config, now_ns: int) -> tuple[Kept, ...]:
    """Every series, by name, judged as of now."""
    said: dict[str, list[Acknowledgement]] = {}
    for acknowledgement in _acknowledgements(connection):
        said.setdefault(acknowledgement.series, []).append(acknowledgement)
    out: list[Kept] = []
    for name, series in _stored(connection).items():
        found = findings(series, now_ns, settle_ns(config, series))
        known = tuple(said.get(name, ()))
        out.append(Kept(name, series, found, _open(found, known), known))
    return tuple(out)


def settle_ns(config: Config, series: Series) -> int:
    """The longest that one of its routes lets a number be missing."""
    declared = (config.routes[route].numbers for route in series.routes if route in config.routes)
    return max((each.settle for each in declared if each is not None), default=0) * 1_000_000


def acknowledge(
    connection: Connection,
    config: Config,
    series: str,
    first: int,
    last: int,
    *,
    actor: str,
    reason: str,
    now_ns: int,
) -> tuple[Finding, ...]:
    """Somebody says why numbers are missing, doubled, out of order or a shadow's: all that is open of them now. With an
    audit entry. Raises UsageError: no such series, nothing open there, no reason.
    """
    if not reason.strip():
        raise UsageError(
            "a reason is missing", remedy="say with --reason how it came, and where that is written down"
        )
    all_kept = {each.name: each for each in kept(connection, config, now_ns)}
    if series not in all_kept:
        raise UsageError(
            f"there is no series `{series}`", remedy=f"known: {', '.join(all_kept) or 'none yet'}"
        )
    inside = tuple(
        Finding(each.kind, max(first, each.first), min(last, each.last), each.at_ns)
        for each in all_kept[series].open
        if each.first <= last and each.last >= first
    )
    if not inside:
        raise UsageError(
            f"nothing is open in `{series}` from {first} to {last}", remedy="`strangler numbers list`"
        )
    rows = [
        msgspec.structs.asdict(
            Acknowledgement(series, each.kind, each.first, each.last, now_ns, actor, reason)
        )
        for each in inside
    ]
    upsert(connection, tables.number_acknowledgements, rows, replace=("at_ns", "actor", "reason"))
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action="numbers.acknowledged",
        subject=series,
        reason=reason,
        after={"numbers": [[each.kind, each.first, each.last] for each in inside]},
    )
    return inside


def _acknowledgements(connection: Connection) -> list[Acknowledgement]:
    table = tables.number_acknowledgements
    statement = select(table).order_by(table.c.series, table.c.kind, table.c.first, table.c.last)
    return [Acknowledgement(**dict(row)) for row in connection.execute(statement).mappings()]


def _open(found: Iterable[Finding], said: Sequence[Acknowledgement]) -> tuple[Finding, ...]:
    return tuple(
        Finding(each.kind, left.first, left.last, each.at_ns)
        for each in found
        for left in without(Run(each.first, each.last, each.at_ns), _covering(each, said))
    )


def _covering(found: Finding, said: Sequence[Acknowledgement]) -> list[Run]:
    those = (each for each in said if each.kind == found.kind and each.at_ns >= found.at_ns)
    return sorted((Run(each.first, each.last, 0) for each in those), key=lambda run: (run.first, run.last))


def unread(connection: Connection, config: Config, compared: Mapping[str, int]) -> tuple[str, ...]:
    """The routes that declare numbers and were compared, and in whose answers none was ever read."""
    wanted = [name for name, count in compared.items() if count and config.routes[name].numbers is not None]
    if not wanted:
        return ()
    seen = {route for series in _stored(connection).values() for route in series.routes}
    return tuple(name for name in wanted if name not in seen)
