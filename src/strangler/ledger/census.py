"""A cycle's recording, replayed whole: what of each stratum was compared, beside what the ledger saw in that cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from strangler.evidence import Census
from strangler.ledger import audit, epochs, tables
from strangler.ledger.counting import Strata
from strangler.ledger.settled import EpochKey
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.upsert import Row, tally, upsert

type Labels = tuple[tuple[str, str], ...]

_COUNTS: Final = ("n", "k", "total", "missed", "watched", "at_ns", "first_ns", "end_ns")


class Replay(msgspec.Struct, frozen=True):
    """What came of a recording of a cycle (Unix ns from `first_ns` up to and without `end_ns`).

    `compared`: per epoch, route and labels how many were compared, and how many of those mismatch. `recorded`: per
    route and labels how many the recording has that were asked; `missed`: per route how many of it were not.
    """

    cycle: str
    first_ns: int
    end_ns: int
    compared: Mapping[tuple[EpochKey, str, Labels], tuple[int, int]]
    recorded: Mapping[tuple[str, Labels], int]
    missed: Mapping[str, int]


def write(
    connection: Connection, replay: Replay, limits: Mapping[str, int], *, now_ns: int, actor: str
) -> None:
    """Keep it, in the place of an earlier one of the same cycle, with an entry in the audit. Needs a write transaction
    in which, or before which, all of its comparisons were flushed.
    """
    strata = Strata(connection, limits, now_ns)
    rows = _rows(connection, replay, strata)
    kept = [{"epoch": epoch, **row, "at_ns": now_ns} for (epoch, _, _), row in rows.items()]
    upsert(connection, tables.census, kept, replace=_COUNTS)
    for cutover in sorted({key.cutover for key, _, _ in replay.compared}):
        here = {
            "cycle": replay.cycle,
            "compared": sum(n for (key, *_), (n, _) in replay.compared.items() if key.cutover == cutover),
            "missed": sum(replay.missed.values()),
        }
        audit.append(connection, at_ns=now_ns, actor=actor, action="census", subject=cutover, after=here)


def _rows(connection: Connection, replay: Replay, strata: Strata) -> dict[tuple[int, str, str], Row]:
    totals: dict[tuple[str, str], int] = {}
    for (route, labels), count in replay.recorded.items():
        key = (route, strata.of(labels))
        totals[key] = totals.get(key, 0) + count
    rows: dict[tuple[int, str, str], Row] = {}
    missed = _missed(connection, replay)
    for (epoch, route, labels), (n, k) in replay.compared.items():
        stratum = strata.of(labels)
        number = next(
            known.id for known in epochs.epochs(connection, epoch.cutover) if known.digest == epoch.digest
        )
        row = tally(rows, (number, route, stratum), {"n": 0, "k": 0})
        row["n"] += n
        row["k"] += k
        row |= {
            "route": route,
            "stratum": stratum,
            "cycle": replay.cycle,
            "first_ns": replay.first_ns,
            "end_ns": replay.end_ns,
            "total": totals[route, stratum],
            "missed": missed[route],
            "watched": _watched(connection, route, replay, tables.minutes.c.stratum == stratum),
        }
    return rows


def _missed(connection: Connection, replay: Replay) -> dict[str, int]:
    """Of each route what the recording has and could not be asked, and what the ledger saw and the recording has not:
    where labels are others than in that cycle, no stratum says what is missing.
    """
    recorded: Counter[str] = Counter(replay.missed)
    for (route, _), count in replay.recorded.items():
        recorded[route] += count
    return {
        route: replay.missed.get(route, 0) + max(0, _watched(connection, route, replay) - count)
        for route, count in recorded.items()
    }


def _watched(connection: Connection, route: str, replay: Replay, *further: ColumnElement[bool]) -> int:
    """How many exchanges the ledger saw in the cycle, in whatever epoch; 0 where nobody watched."""
    table = tables.minutes
    seen = table.c.n + table.c.duplicates + table.c.unsettled + table.c.others
    statement = select(func.sum(seen)).where(
        table.c.minute >= replay.first_ns // MINUTE_NS,
        table.c.minute < replay.end_ns // MINUTE_NS,
        table.c.route == route,
        *further,
    )
    return int(connection.execute(statement).scalar() or 0)


def census_of(connection: Connection, epoch: int) -> tuple[Census, ...]:
    """Those of an epoch, the latest cycle of each stratum last."""
    table = tables.census
    names = Census.__slots__
    rows = connection.execute(
        select(*(table.c[name] for name in names))
        .where(table.c.epoch == epoch)
        .order_by(table.c.route, table.c.stratum, table.c.end_ns)
    ).mappings()
    return tuple(Census(**{name: row[name] for name in names}) for row in rows)
