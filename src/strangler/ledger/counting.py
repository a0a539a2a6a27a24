"""Counters of comparisons: per epoch, route, stratum and primary side, and the same by the minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_CELL: Final = {**dict.fromkeys((*_COUNTED, "fallbacks", "twins"), 0), "first_ns": 0, "last_ns": 0}
_ESCAPES: Final = str.maketrans({"%": "%25", ",": "%2C", "=": "%3D"})
_LENGTH: Final = 64


def stratum_of(labels: Sequence[tuple[str, str]]) -> str:
    """`country=DE,currency=EUR`; empty without labels."""
    return ",".join(f"{label}={value[:_LENGTH].translate(_ESCAPES)}" for label, value in labels)


class Strata:
    """Which values of a label are told apart: the first so many ever seen, then `other`."""

    def __init__(self, connection: Connection, limits: Mapping[str, int], now_ns: int) -> None:
        self._connection, self._limits, self._now_ns = connection, limits, now_ns
        self._known: dict[str, set[str]] = {}
        for row in connection.execute(select(tables.strata.c.label, tables.strata.c.value)):
            self._known.setdefault(row.label, set()).add(row.value)
        self._new: list[Row] = []

    def of(self, labels: Sequence[tuple[str, str]]) -> str:
        """The stratum of an exchange."""
        return stratum_of([(label, self._admitted(label, value)) for label, value in labels])

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


def count(connection: Connection, placed: Sequence[tuple[CellKey, Settled]]) -> None:
    """Add judged exchanges to `evidence`, `failures` and `minutes`. Part of `flush`."""
    cells: dict[CellKey, Row] = {}
    failures: dict[tuple[CellKey, str], Row] = {}
    minutes: dict[tuple[int, CellKey], Row] = {}
    latencies: dict[CellKey, tuple[Buckets, Buckets]] = {}
    for key, settled in placed:
        counts = _counts(settled)
        cell = tally(cells, key, _CELL)
        _add(cell, counts)
        cell["fallbacks"] += settled.fell_back
        cell["twins"] += settled.twinned
        cell["first_ns"] = min(cell["first_ns"] or settled.seen_ns, settled.seen_ns)
        cell["last_ns"] = max(cell["last_ns"], settled.seen_ns)
        _time(latencies.setdefault(key, ({}, {})), settled)
        minute = settled.seen_ns // MINUTE_NS
        row = tally(minutes, (minute, key), dict.fromkeys((*_COUNTED, "others"), 0))
        _add(row, counts)
        row["others"] += not counts["n"] and not counts["unsettled"]
        if settled.outcome.failure is not None:
            tally(failures, (key, settled.outcome.failure), {"count": 0})["count"] += 1
    _write_cells(connection, cells, latencies)
    upsert(
        connection,
        tables.failures,
        [{**_named(key), "reason": reason, **row} for (key, reason), row in failures.items()],
        add=("count",),
    )
    upsert(
        connection,
        tables.minutes,
        [{**_named(key), "minute": minute, **row} for (minute, key), row in minutes.items()],
        add=(*_COUNTED, "others"),
    )


def _counts(settled: Settled) -> dict[str, int]:
    mismatch = settled.outcome.verdict == "different" or settled.candidate_failed
    return {
        "n": int(mismatch or settled.outcome.verdict == "equal"),
        "k": int(mismatch),
        "candidate_failed": int(settled.candidate_failed),
        "unsettled": int(settled.outcome.failure in UNSETTLED),
    }


def _add(row: Row, counts: Mapping[str, int]) -> None:
    for name, value in counts.items():
        row[name] += value


def _time(pair: tuple[Buckets, Buckets], settled: Settled) -> None:
    for buckets, elapsed in zip(pair, (settled.legacy_ns, settled.candidate_ns), strict=True):
        if elapsed is not None:
            latency.add(buckets, elapsed)


def _write_cells(
    connection: Connection,
    cells: Mapping[CellKey, Row],
    latencies: Mapping[CellKey, tuple[Buckets, Buckets]],
) -> None:
    stored = _stored_latencies(connection, list(cells))
    rows: list[Row] = []
    for key, cell in cells.items():
        legacy, candidate = latencies[key]
        if key in stored:
            legacy, candidate = (
                latency.merged(stored[key][0], legacy),
                latency.merged(stored[key][1], candidate),
            )
        digests: dict[str, Any] = {
            "legacy_latency": latency.encode(legacy),
            "candidate_latency": latency.encode(candidate),
        }
        rows.append({**_named(key), **cell, **digests})
    upsert(
        connection,
        tables.evidence,
        rows,
        add=(*_COUNTED, "fallbacks", "twins"),
        earliest=("first_ns",),
        latest=("last_ns",),
        replace=("legacy_latency", "candidate_latency"),
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
