"""Which kinds of requests a route has in production, in any epoch, and which were compared in the present one.

Kinds are strata, classes of status (legacy's), and shapes of paths. Of each a route has `LIMIT` values at most; what
comes later is `other`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, and_, func, select

from strangler.evidence import Sighting
from strangler.ledger import tables
from strangler.ledger.counting import OTHER, CellKey
from strangler.ledger.settled import Settled
from strangler.ledger.upsert import Row, upsert

LIMIT: Final = 50

type Kind = tuple[str, str, str]
"""Route, kind, value."""


def note(connection: Connection, placed: Sequence[tuple[CellKey, Settled]]) -> None:
    """Count what kinds of requests were seen, and which of them were compared. Part of `flush`."""
    seen: Counter[Kind] = Counter()
    compared: Counter[tuple[int, Kind]] = Counter()
    latest: dict[Kind, int] = {}
    for (epoch, route, stratum, _), settled in placed:
        counts = settled.outcome.verdict != "failed" or settled.candidate_failed
        for kind, value in _kinds(stratum, settled):
            key = (route, kind, value)
            seen[key] += 1
            latest[key] = max(latest.get(key, 0), settled.seen_ns)
            compared[epoch, key] += counts
    admitted = _admitted(connection, seen)
    _write(connection, admitted, seen, compared, latest)


def _kinds(stratum: str, settled: Settled) -> Iterator[tuple[str, str]]:
    if stratum:
        yield "stratum", stratum
    if settled.legacy_status:
        yield "status", f"{settled.legacy_status // 100}xx"
    if settled.shape:
        yield "path", settled.shape


def _admitted(connection: Connection, seen: Counter[Kind]) -> dict[Kind, Kind]:
    """Under which name each is kept: its own, or `other` where there are too many of its kind."""
    table, routes = tables.sightings, sorted({route for route, _, _ in seen})
    rows = connection.execute(
        select(table.c.route, table.c.kind, table.c.value).where(table.c.route.in_(routes))
    )
    known: dict[tuple[str, str], set[str]] = {}
    for route, kind, value in rows:
        known.setdefault((route, kind), set()).add(value)
    named: dict[Kind, Kind] = {}
    for route, kind, value in seen:
        values = known.setdefault((route, kind), set())
        if value not in values and len(values) >= LIMIT:
            named[route, kind, value] = (route, kind, OTHER)
        else:
            values.add(value)
            named[route, kind, value] = (route, kind, value)
    return named


def _write(
    connection: Connection,
    admitted: dict[Kind, Kind],
    seen: Counter[Kind],
    compared: Counter[tuple[int, Kind]],
    latest: dict[Kind, int],
) -> None:
    sightings: dict[Kind, Row] = {}
    for key, count in seen.items():
        row = sightings.setdefault(admitted[key], {**_named(admitted[key]), "count": 0, "last_ns": 0})
        row["count"] += count
        row["last_ns"] = max(row["last_ns"], latest[key])
    covered: Counter[tuple[int, Kind]] = Counter()
    for (epoch, key), count in compared.items():
        covered[epoch, admitted[key]] += count
    upsert(connection, tables.sightings, sightings.values(), add=("count",), latest=("last_ns",))
    rows = [{"epoch": epoch, **_named(key), "count": count} for (epoch, key), count in covered.items()]
    upsert(connection, tables.covered, rows, add=("count",))


def _named(key: Kind) -> Row:
    return dict(zip(("route", "kind", "value"), key, strict=True))


def coverage_of(connection: Connection, epoch: int, routes: Sequence[str]) -> tuple[Sighting, ...]:
    """What was seen of these routes in any epoch, and how often it was compared in this one."""
    seen, here = tables.sightings, tables.covered
    same = (here.c.route == seen.c.route) & (here.c.kind == seen.c.kind) & (here.c.value == seen.c.value)
    rows = connection.execute(
        select(seen, func.coalesce(here.c.count, 0).label("compared"))
        .join(here, and_(same, here.c.epoch == epoch), isouter=True)
        .where(seen.c.route.in_(routes))
        .order_by(seen.c.route, seen.c.kind, seen.c.value)
    ).mappings()
    return tuple(
        Sighting(row["route"], row["kind"], row["value"], row["count"], row["compared"], row["last_ns"])
        for row in rows
    )
