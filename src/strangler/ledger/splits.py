"""How a canary's customers were split: each bucket once per step, with the side that was to serve it first.

Requests would let the heaviest customers decide; customers cannot be kept. A bucket stands for the few that share it.
Merged over workers and restarts: a worker may tell again what it told before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, delete, select

from strangler.evidence import AskedFor, Split
from strangler.exchange import Side
from strangler.ledger import tables
from strangler.ledger.cutovers import state_of
from strangler.ledger.upsert import Row, upsert
from strangler.routing.cohort import BUCKETS
from strangler.routing.table import Table
from strangler.sample_ratio import log_e

UNKNOWN: Final = -1
"""The weight of a table that the ledger never made."""
STEPS_KEPT: Final = 32
_BITS: Final = BUCKETS // 8
_NAMED: Final = 5
_DECODER: Final = msgspec.json.Decoder(Table)

type Counted = Mapping[tuple[str, int, str, bool], int]
"""Cutover, generation, route, whether it had an identity, to requests."""


class Sighting(msgspec.Struct, frozen=True):
    """A bucket and the side that was to serve it, by the table of a generation. Pinned customers are none."""

    cutover: str
    generation: int
    bucket: int
    side: Side


def record(connection: Connection, sightings: Sequence[Sighting], requests: Counted) -> None:
    """Add what a worker saw, in the order in which it saw it. Needs a write transaction."""
    steps = _Steps(connection)
    seen: dict[tuple[str, int], list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        seen[sighting.cutover, sighting.generation].append(sighting)
    for (cutover, generation), several in seen.items():
        _add(steps.of(cutover, generation), _weight(connection, cutover, generation), several)
    rows: dict[tuple[str, int, str], Row] = {}
    for (cutover, generation, route, named), count in requests.items():
        step = steps.of(cutover, generation)
        key = {"cutover": cutover, "generation": step["generation"], "route": route}
        row = rows.setdefault((cutover, step["generation"], route), {**key, "named": 0, "nameless": 0})
        row["named" if named else "nameless"] += count
    upsert(connection, tables.split_requests, rows.values(), add=("named", "nameless"))
    changed = ("weight", "seen", "candidate", "wrong", "log_e")
    upsert(connection, tables.splits, steps.rows.values(), replace=changed)
    for cutover in {cutover for cutover, _ in steps.rows}:
        _forget(connection, cutover)


def split_of(connection: Connection, cutover: str, generation: int) -> Split | None:
    """What was seen of the step that the state of this generation began; None when nothing was."""
    row = connection.execute(_at(cutover, generation)).mappings().first()
    if row is None:
        return None
    seen, candidate, wrong = (_bitmap(row[name]) for name in ("seen", "candidate", "wrong"))
    asked = tables.split_requests
    counted = connection.execute(
        select(asked)
        .where(asked.c.cutover == cutover, asked.c.generation == generation)
        .order_by(asked.c.route)
    ).mappings()
    return Split(
        weight=row["weight"],
        legacy=(seen & ~candidate).bit_count(),
        candidate=candidate.bit_count(),
        log_e=row["log_e"],
        wrong=wrong.bit_count(),
        such_as=tuple(bucket for bucket in range(BUCKETS) if wrong >> bucket & 1)[:_NAMED],
        asked=tuple(AskedFor(each["route"], each["named"], each["nameless"]) for each in counted),
    )


class _Steps:
    """The rows of the steps that sightings belong to, read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[tuple[str, int], Row] = {}
        self.rows: dict[tuple[str, int], Row] = {}

    def of(self, cutover: str, generation: int) -> Row:
        """The row of the step to which a table's generation belongs: another cutover's move is no step of this one."""
        if (cutover, generation) not in self._found:
            began = self._began(cutover, generation)
            if (cutover, began) not in self.rows:
                self.rows[cutover, began] = self._stored(cutover, began)
            self._found[cutover, generation] = self.rows[cutover, began]
        return self._found[cutover, generation]

    def _began(self, cutover: str, generation: int) -> int:
        state = state_of(self._connection, cutover)
        if state.generation <= generation:
            return state.generation
        table = tables.splits  # a straggler of an earlier step
        earlier = select(table.c.generation).where(
            table.c.cutover == cutover, table.c.generation <= generation
        )
        latest = self._connection.execute(earlier.order_by(table.c.generation.desc()).limit(1)).scalar()
        return generation if latest is None else latest

    def _stored(self, cutover: str, generation: int) -> Row:
        row = self._connection.execute(_at(cutover, generation)).mappings().first()
        empty = bytes(_BITS)
        fresh = {"weight": UNKNOWN, "seen": empty, "candidate": empty, "wrong": empty, "log_e": 0.0}
        return dict(row) if row else {"cutover": cutover, "generation": generation, **fresh}


def _add(row: Row, weight: int | None, several: Sequence[Sighting]) -> None:
    seen, candidate, wrong = (_bitmap(row[name]) for name in ("seen", "candidate", "wrong"))
    if weight is not None:
        row["weight"] = weight
    for sighting in several:
        bit = 1 << sighting.bucket
        if weight is None or sighting.side != ("candidate" if sighting.bucket < weight else "legacy"):
            wrong |= bit
        if seen & bit:
            continue
        seen |= bit
        candidate |= bit if sighting.side == "candidate" else 0
        if weight is not None:
            counts = seen.bit_count() - candidate.bit_count(), candidate.bit_count()
            row["log_e"] = max(row["log_e"], log_e(counts, (1 - weight / BUCKETS, weight / BUCKETS)))
    row |= {"seen": _bytes(seen), "candidate": _bytes(candidate), "wrong": _bytes(wrong)}


def _weight(connection: Connection, cutover: str, generation: int) -> int | None:
    """Basis points of buckets that are the candidate's by the ledger's own table; None where it has none."""
    table = tables.tables
    body = connection.execute(select(table.c.body).where(table.c.generation == generation)).scalar()
    routes = () if body is None else _DECODER.decode(body).routes
    route = next((route for route in routes if route.cutover == cutover), None)
    if route is None:
        return None
    if route.phase == "canary":
        return route.weight
    return BUCKETS if route.owner == "candidate" else 0


def _forget(connection: Connection, cutover: str) -> None:
    """Let go of all but the latest steps: what is kept must not grow with the number of moves."""
    for table in (tables.splits, tables.split_requests):
        kept = (
            select(table.c.generation)
            .distinct()
            .where(table.c.cutover == cutover)
            .order_by(table.c.generation.desc())
            .offset(STEPS_KEPT)
            .limit(1)
        )
        last = connection.execute(kept).scalar()
        if last is not None:
            connection.execute(delete(table).where(table.c.cutover == cutover, table.c.generation <= last))


def _at(cutover: str, generation: int) -> Select[Any]:
    table = tables.splits
    return select(table).where(table.c.cutover == cutover, table.c.generation == generation)


def _bitmap(stored: bytes) -> int:
    return int.from_bytes(stored, "little")


def _bytes(bitmap: int) -> bytes:
    return bitmap.to_bytes(_BITS, "little")
