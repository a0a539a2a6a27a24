"""Counters of comparisons: per epoch, route, stratum and primary side, and the same by the minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from strangler.ledger import latency, tables
from strangler.ledger.latency import Buckets
from strangler.ledger.settled import UNSETTLED, Settled
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.upsert import Row, tally, upsert

type CellKey = tuple[int, str, str, str]
"""Epoch, route, stratum, primary side: the order of the primary key."""

OTHER: Final = "other"
_LIMIT: Final = 20
_COUNTED: Final = ("n", "k", "candidate_failed", "unsettled")
_ADDED: Final = (*_COUNTED, "fallbacks", "twins", "duplicates", "repeats")
_CELL: Final[Mapping[str, int]] = dict.fromkeys(_ADDED, 0)
_BY_MINUTE: Final = (*_COUNTED, "others", "duplicates")
_MINUTE: Final[Mapping[str, int]] = dict.fromkeys(_BY_MINUTE, 0)
_ESCAPES: Final = str.maketrans({"%": "%25", ",": "%2C", "=": "%3D"})
_LENGTH: Final = 64
_ERROR: Final = 500
_ANSWERED: Final = ("answers", "legacy_errors", "candidate_errors")


def stratum_of(labels: Sequence[tuple[str, str]]) -> str:
    """`country=DE,currency=EUR`; empty without labels."""
    return ",".join(f"{label}={value[:_LENGTH].translate(_ESCAPES)}" for label, value in labels)


class Strata:
    """Which values of a label are told apart: the first so many ever seen, then `other`."""

    def __init__(self, connection: Connection, limits: Mapping[str, int], now_ns: int) -> None:
        self._connection, self._limits, self._now_ns = connection, limits, now_ns
        self._known: dict[str, set[str]] = {}
        self._placed: dict[tuple[tuple[str, str], ...], str] = {}
        for row in connection.execute(select(tables.strata.c.label, tables.strata.c.value)):
            self._known.setdefault(row.label, set()).add(row.value)
        self._new: list[Row] = []

    def of(self, labels: tuple[tuple[str, str], ...]) -> str:
        """The stratum of an exchange."""
        if labels not in self._placed:
            admitted = [(label, self._admitted(label, value)) for label, value in labels]
            self._placed[labels] = stratum_of(admitted)
        return self._placed[labels]

    def _admitted(self, label: str, value: str) -> str:
        known = self._known.setdefault(label, set())
        value = value[:_LENGTH]
        if value in known:
            return value
        if len(known) >= self._limits.get(label, _LIMIT):
            return OTHER
        known.add(value)
        self._new.append({"label": label, "value": value, "first_ns": self._now_ns})
        return value

    def write(self) -> None:
        """Keep what was admitted."""
        upsert(self._connection, tables.strata, self._new)


type Way = tuple[int, int, int, int, int, int, int, int]
"""What one exchange adds to each of `_ADDED`."""


@dataclass(slots=True)
class _Times:
    """When the exchanges of a cell were seen, first and last, how long each side took for them, and where both answered
    how often it was an error.
    """

    first_ns: int
    last_ns: int
    legacy: Buckets = field(default_factory=dict)
    candidate: Buckets = field(default_factory=dict)
    answers: int = 0
    legacy_errors: int = 0
    candidate_errors: int = 0

    def add(self, settled: Settled) -> None:
        seen_ns = settled.seen_ns
        if seen_ns < self.first_ns:
            self.first_ns = seen_ns
        elif seen_ns > self.last_ns:
            self.last_ns = seen_ns
        if settled.legacy_status and settled.candidate_status:
            self.answers += 1
            self.legacy_errors += settled.legacy_status >= _ERROR
            self.candidate_errors += settled.candidate_status >= _ERROR
        if settled.legacy_ns is not None:
            latency.add(self.legacy, settled.legacy_ns)
        if settled.candidate_ns is not None:
            latency.add(self.candidate, settled.candidate_ns)


def count(
    connection: Connection, placed: Sequence[tuple[CellKey, Settled]], repeated: Sequence[bool]
) -> None:
    """Add judged exchanges to `evidence`, `failures` and `minutes`. Part of `flush`.

    `repeated`: which of them repeat one that counted. An equal one is then a duplicate and counts no more; a mismatch
    counts always.

    Thousands of exchanges count in a handful of ways: those are counted, and the rows made of them.
    """
    ways: Counter[tuple[CellKey, int, Way]] = Counter()
    failures: Counter[tuple[CellKey, str]] = Counter()
    times: dict[CellKey, _Times] = {}
    for (key, settled), again in zip(placed, repeated, strict=True):
        ways[key, settled.seen_ns // MINUTE_NS, _way(settled, again=again)] += 1
        if key not in times:
            times[key] = _Times(settled.seen_ns, settled.seen_ns)
        times[key].add(settled)
        if settled.outcome.failure is not None:
            failures[key, settled.outcome.failure] += 1
    _write_cells(connection, *_rows(ways), times)
    upsert(
        connection,
        tables.failures,
        [{**_named(key), "reason": reason, "count": n} for (key, reason), n in failures.items()],
        add=("count",),
    )


def _way(settled: Settled, *, again: bool) -> Way:
    verdict, fell_back, twinned = settled.outcome.verdict, int(settled.fell_back), int(settled.twinned)
    if verdict == "equal":
        return (int(not again), 0, 0, 0, fell_back, twinned, int(again), 0)
    if verdict == "different":
        return (1, 1, 0, 0, fell_back, twinned, 0, int(again))
    failed = int(settled.candidate_failed)
    unsettled = int(settled.outcome.failure in UNSETTLED)
    return (failed, failed, failed, unsettled, fell_back, twinned, 0, int(again and failed))


def _rows(
    ways: Mapping[tuple[CellKey, int, Way], int],
) -> tuple[dict[CellKey, Row], dict[tuple[int, CellKey], Row]]:
    """The counts of cells, and of their minutes."""
    cells: dict[CellKey, Row] = {}
    minutes: dict[tuple[int, CellKey], Row] = {}
    for (key, minute, way), times in ways.items():
        cell, row = tally(cells, key, _CELL), tally(minutes, (minute, key), _MINUTE)
        for name, value in zip(_CELL, way, strict=True):
            cell[name] += value * times
        for name, value in zip(_COUNTED, way[: len(_COUNTED)], strict=True):
            row[name] += value * times
        counted, _, _, unsettled, _, _, duplicate, _ = way
        row["duplicates"] += times * duplicate
        row["others"] += times * (not counted and not unsettled and not duplicate)
    return cells, minutes


def _write_cells(
    connection: Connection,
    cells: Mapping[CellKey, Row],
    minutes: Mapping[tuple[int, CellKey], Row],
    times: Mapping[CellKey, _Times],
) -> None:
    stored = _stored_latencies(connection, list(cells))
    rows: list[Row] = []
    for key, cell in cells.items():
        seen = times[key]
        legacy, candidate = stored.get(key, ({}, {}))
        span: dict[str, Any] = {
            "first_ns": seen.first_ns,
            "last_ns": seen.last_ns,
            "legacy_latency": latency.encode(latency.merged(legacy, seen.legacy)),
            "candidate_latency": latency.encode(latency.merged(candidate, seen.candidate)),
        }
        rows.append({**_named(key), **cell, **span, **{name: getattr(seen, name) for name in _ANSWERED}})
    upsert(
        connection,
        tables.evidence,
        rows,
        add=(*_ADDED, *_ANSWERED),
        earliest=("first_ns",),
        latest=("last_ns",),
        replace=("legacy_latency", "candidate_latency"),
    )
    upsert(
        connection,
        tables.minutes,
        [{**_named(key), "minute": minute, **row} for (minute, key), row in minutes.items()],
        add=_BY_MINUTE,
    )


def _stored_latencies(
    connection: Connection, keys: Sequence[CellKey]
) -> dict[CellKey, tuple[Buckets, Buckets]]:
    table = tables.evidence
    columns = (table.c.epoch, table.c.route, table.c.stratum, table.c.side)
    out: dict[CellKey, tuple[Buckets, Buckets]] = {}
    for start in range(0, len(keys), 100):
        wanted = [
            and_(*(column == value for column, value in zip(columns, key, strict=True)))
            for key in keys[start : start + 100]
        ]
        statement = select(*columns, table.c.legacy_latency, table.c.candidate_latency).where(or_(*wanted))
        for epoch, route, stratum, side, legacy, candidate in connection.execute(statement):
            out[epoch, route, stratum, side] = latency.decode(legacy), latency.decode(candidate)
    return out


def _named(key: CellKey) -> Row:
    return dict(zip(("epoch", "route", "stratum", "side"), key, strict=True))
