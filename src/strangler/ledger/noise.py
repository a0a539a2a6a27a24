"""What the primary, asked twice, said differently; what rules let pass; what identity rules learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, ScalarSelect, func, select

from strangler.comparison.model import Kind
from strangler.ledger import tables
from strangler.ledger.counting import CellKey
from strangler.ledger.settled import Observation, Settled
from strangler.ledger.upsert import Row, tally, upsert

OBSERVED: Final = 10_000
"""Pairs kept per rule."""


class Noise(msgspec.Struct, frozen=True):
    """One place of a route. `count`: how often it differed from itself; `twins`: how often the primary was
    asked twice.

    `different`: exchanges of the same epoch and route in which the sides differed from each other there.
    """

    epoch: int
    cutover: str
    route: str
    location: str
    kind: Kind
    cause: str
    count: int
    twins: int
    different: int
    first: str
    second: str
    last_ns: int


def write(connection: Connection, placed: Sequence[tuple[CellKey, Settled]]) -> None:
    """Noise findings, rule hits and observations of judged exchanges. Part of `flush`."""
    noisy: dict[tuple[int, str, str, str], Row] = {}
    hits: dict[tuple[int, str, str], Row] = {}
    for key, settled in placed:
        for finding in settled.noise:
            names = {
                "epoch": key[0],
                "route": settled.route,
                "location": finding.location,
                "kind": finding.kind,
            }
            texts = {"cause": finding.cause, "first": finding.first, "second": finding.second}
            start = {**names, **texts, "count": 0, "last_ns": 0}
            row = tally(noisy, (key[0], settled.route, finding.location, finding.kind), start)
            row["count"] += 1
            row["last_ns"] = max(row["last_ns"], settled.seen_ns)
        for rule, count in settled.outcome.silenced.items():
            start = {"epoch": key[0], "route": settled.route, "rule": rule, "count": 0, "last_ns": 0}
            row = tally(hits, (key[0], settled.route, rule), start)
            row["count"] += count
            row["last_ns"] = max(row["last_ns"], settled.seen_ns)
    upsert(connection, tables.noise, noisy.values(), add=("count",), latest=("last_ns",))
    upsert(connection, tables.rule_hits, hits.values(), add=("count",), latest=("last_ns",))
    _observe(connection, [settled for _, settled in placed])


def _observe(connection: Connection, batch: Sequence[Settled]) -> None:
    counts = Counter(observation for settled in batch for observation in settled.observations)
    if not counts:
        return
    table = tables.observations
    stored = {
        rule: int(number)
        for rule, number in connection.execute(select(table.c.rule, func.count()).group_by(table.c.rule))
    }
    first_ns = min(settled.seen_ns for settled in batch)
    rows: list[Row] = []
    for pair, count in counts.items():
        if stored.get(pair.rule, 0) < OBSERVED:
            stored[pair.rule] = stored.get(pair.rule, 0) + 1
            rows.append({**msgspec.structs.asdict(pair), "count": count, "first_ns": first_ns})
    upsert(connection, table, rows, add=("count",))


def noise(connection: Connection, epoch: int | None = None) -> list[Noise]:
    """Places that are noisy by themselves, the most frequent first."""
    table, epochs = tables.noise, tables.epochs
    statement = (
        select(table, epochs.c.cutover, _twins().label("twins"), _different().label("different"))
        .join(epochs, epochs.c.id == table.c.epoch)
        .order_by(table.c.count.desc(), table.c.route, table.c.location)
    )
    if epoch is not None:
        statement = statement.where(table.c.epoch == epoch)
    return [_noise(row) for row in connection.execute(statement).mappings()]


def _noise(row: RowMapping) -> Noise:
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values |= {name: int(values[name]) for name in ("twins", "different")}  # PostgreSQL sums to NUMERIC
    return Noise(**values)


def _twins() -> ScalarSelect[int]:
    cells = tables.evidence
    asked = select(func.coalesce(func.sum(cells.c.twins), 0))
    return asked.where(
        cells.c.epoch == tables.noise.c.epoch, cells.c.route == tables.noise.c.route
    ).scalar_subquery()


def _different() -> ScalarSelect[int]:
    seen, known = tables.divergence_epochs, tables.divergences
    return (
        select(func.coalesce(func.sum(seen.c.count), 0))
        .join(known, known.c.id == seen.c.divergence)
        .where(
            seen.c.epoch == tables.noise.c.epoch,
            known.c.route == tables.noise.c.route,
            known.c.location == tables.noise.c.location,
        )
        .scalar_subquery()
    )


def observations(connection: Connection, rule: str | None = None) -> list[Observation]:
    """What was learned, the oldest first; at most `OBSERVED` per rule."""
    table = tables.observations
    statement = select(table.c.rule, table.c.legacy, table.c.candidate).order_by(
        table.c.first_ns, table.c.rule, table.c.legacy, table.c.candidate
    )
    if rule is not None:
        statement = statement.where(table.c.rule == rule)
    return [Observation(*row) for row in connection.execute(statement)]
