"""What planes, worker and cutovers say of themselves: a few rows, whatever the ledger holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from strangler.config import Config
from strangler.cutover import CutoverState
from strangler.ledger import tables
from strangler.ledger.counts import stored_counts
from strangler.ledger.cutovers import states
from strangler.ledger.facts import facts
from strangler.ledger.planes import Plane, planes, worker_heartbeat
from strangler.ledger.streams import UNCAPTURED as UNCAPTURED_PREFIX
from strangler.ledger.streams import Stream, losses, streams
from strangler_shadow.metrics import families as f
from strangler_shadow.metrics.families import Sample

PHASES: Final = ("legacy", "shadow", "canary", "candidate", "retired")
SERVED_BY: Final = ("legacy", "candidate", "fallback")
REFUSED: Final = ("client", "upstream")
TELEMETRY: Final = "telemetry"
"""The kind of fact by which a worker says what became of its spans."""
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """One moment. `served`: route to requests by `SERVED_BY`; `lags`: cutover to seconds. `spans`: of traces, by
    outcome.
    """

    planes: tuple[Plane, ...]
    streams: tuple[Stream, ...]
    served: Mapping[str, tuple[int, int, int]]
    refused: Mapping[str, int]
    losses: Mapping[str, int]
    worker_ns: int | None
    states: Mapping[str, CutoverState]
    lags: Mapping[str, Decimal]
    spans: Mapping[str, int]


def read_traffic(connection: Connection, config: Config, now_ns: int) -> Traffic:
    """From the ledger, in the caller's view of it."""
    served, refused = _counted(connection)
    return Traffic(
        planes=tuple(plane for plane in planes(connection) if not plane.ended),
        streams=tuple(streams(connection)),
        served=served,
        refused=refused,
        losses=losses(connection),
        worker_ns=worker_heartbeat(connection, now_ns),
        states=states(connection, config),
        spans=_spans(connection),
        lags={
            fact.subject: lag for fact in facts(connection, "lag") if (lag := _lag(fact.phase)) is not None
        },
    )


def samples(traffic: Traffic, *, generation: int, overridden: bool) -> Iterator[Sample]:
    """As metrics. Pure."""
    yield f.TABLE_GENERATION, (), generation
    yield f.OVERRIDE, (), int(overridden)
    yield f.WORKER_HEARTBEAT, (), (traffic.worker_ns or 0) / _SECOND
    yield from _planes(traffic)
    for route, counts in sorted(traffic.served.items()):
        for who, count in zip(SERVED_BY, counts, strict=True):
            yield f.REQUESTS, (route, who), count
    for reason in REFUSED:
        yield f.REFUSED, (reason,), traffic.refused.get(reason, 0)
    yield from _exchanges(traffic)
    for state in traffic.states.values():
        yield from _cutover(state)
    for cutover, lag in sorted(traffic.lags.items()):
        yield f.LAG, (cutover,), float(lag)
    for outcome, count in sorted(traffic.spans.items()):
        yield f.SPANS, (outcome,), count


def _planes(traffic: Traffic) -> Iterator[Sample]:
    """One of each name: the latest, where one that was killed has a successor."""
    latest = {plane.plane: plane for plane in reversed(traffic.planes)}
    for name, plane in sorted(latest.items()):
        yield f.PLANE_HEARTBEAT, (name,), plane.heartbeat_ns / _SECOND
        yield f.PLANE_GENERATION, (name,), plane.generation


def _exchanges(traffic: Traffic) -> Iterator[Sample]:
    known = traffic.streams
    outstanding = sum(each.outstanding for each in known)
    # A plane says once in a while what it sent; the worker may have written more since.
    yield f.SENT, (), sum(each.sent for each in known) + max(0, -outstanding)
    yield f.RECORDED, (), sum(each.recorded for each in known)
    yield f.DROPPED, (), sum(each.dropped for each in known)
    yield f.SHED, (), sum(each.shed for each in known)
    yield f.MISSING, (), sum(each.gaps for each in known)
    yield f.OUTSTANDING, (), max(0, outstanding)
    for reason, count in sorted(traffic.losses.items()):
        if reason.startswith(UNCAPTURED_PREFIX):
            yield f.UNCAPTURED, (reason.removeprefix(UNCAPTURED_PREFIX),), count
        else:
            yield f.LOST, (reason,), count


def _cutover(state: CutoverState) -> Iterator[Sample]:
    for phase in PHASES:
        yield f.PHASE, (state.name, phase), int(phase == state.phase)
    yield f.WEIGHT, (state.name,), state.weight / 10_000
    yield f.PAUSED, (state.name,), int(state.paused)
    yield f.SINCE, (state.name,), state.since_ns / _SECOND


def _counted(connection: Connection) -> tuple[dict[str, tuple[int, int, int]], Counter[str]]:
    served: dict[str, tuple[int, int, int]] = {}
    refused: Counter[str] = Counter()
    for stored in connection.execute(select(tables.streams.c.counts)).scalars():
        counts = stored_counts(stored)
        refused.update(counts.refused)
        for route, (legacy, candidate, fallback) in counts.served.items():
            before = served.get(route, (0, 0, 0))
            served[route] = before[0] + legacy, before[1] + candidate, before[2] + fallback
    return served, refused


def _spans(connection: Connection) -> Counter[str]:
    """Over all workers there ever were; empty where nothing was ever traced."""
    sums: Counter[str] = Counter()
    for fact in facts(connection, TELEMETRY):
        sums.update(msgspec.json.decode(fact.phase, type=dict[str, int]))
    return sums


def _lag(phase: str) -> Decimal | None:
    try:
        return Decimal(phase)
    except InvalidOperation:
        return None
