"""Reads `strangler.evidence.Evidence` from the ledger: counters only, so its cost does not grow with
traffic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, select

from strangler.config.cutovers import SyncedState
from strangler.config.load import Loaded
from strangler.config.model import Config
from strangler.config.rules import Rule, kind_of
from strangler.cutover import plan_of
from strangler.evidence import Cell, Evidence, Expired, RouteStanding
from strangler.ledger import epochs, latency, numbers, streams, tables
from strangler.ledger.census import census_of
from strangler.ledger.coverage import coverage_of
from strangler.ledger.cutovers import state_of
from strangler.ledger.drift import net_drift
from strangler.ledger.effects import standings
from strangler.ledger.epochs import Epoch
from strangler.ledger.inflow import inflows
from strangler.ledger.planes import worker_heartbeat
from strangler.ledger.seen import seen_in
from strangler.ledger.splits import split_of
from strangler.ledger.streams import UNCAPTURED
from strangler.ledger.wayback import way_back_of
from strangler.numbers import Finding
from strangler.routing.safety import comparable

_COUNTED: Final = (
    "n", "k", "candidate_failed", "unsettled", "fallbacks", "twins", "duplicates", "repeats",
    "answers", "legacy_errors", "candidate_errors", "first_ns", "last_ns",
)  # fmt: skip


def read_evidence(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> Evidence:
    """The evidence of a cutover's current epoch. Raises UsageError for a cutover the file does not have."""
    plan_of(loaded.config, cutover)
    return _evidence(connection, loaded, cutover, now_ns, epochs.current(connection, loaded.config, cutover))


def read_mismatches(connection: Connection, loaded: Loaded, cutover: str) -> Evidence:
    """Of `read_evidence` only what a rollback is judged by: control reads it several times a second."""
    plan_of(loaded.config, cutover)
    state, epoch = state_of(connection, cutover), epochs.current(connection, loaded.config, cutover)
    bare = Evidence(cutover, state.phase, state.paused, 0, "", "", 0, 0, ())
    if epoch is None:
        return bare
    cells = tuple(_counted(row, {}) for row in _cell_rows(connection, epoch.id))
    return replace(bare, epoch=epoch.id, cells=cells, seen=seen_in(connection, epoch.id))


def ask_evidence(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> Evidence:
    """As `read_evidence`, noting that a verdict is asked for (the epoch gets its attempt). Needs a write
    transaction.

    `gate` and `advance` use this one; `status` and the automatic rollback use `read_evidence`.
    """
    plan_of(loaded.config, cutover)
    epoch = epochs.current(connection, loaded.config, cutover)
    return _evidence(connection, loaded, cutover, now_ns, epochs.ask(connection, epoch) if epoch else None)


def _evidence(
    connection: Connection, loaded: Loaded, cutover: str, now_ns: int, epoch: Epoch | None
) -> Evidence:
    standing = _of_the_cutover(connection, loaded, cutover, now_ns, epoch)
    if epoch is None:
        return Evidence(epoch=0, digest="", version="", attempt=0, created_ns=0, **standing)
    return Evidence(**_of_the_epoch(connection, loaded.config, cutover, now_ns, epoch), **standing)


def _of_the_cutover(
    connection: Connection, loaded: Loaded, cutover: str, now_ns: int, epoch: Epoch | None
) -> dict[str, Any]:
    """What is known before anything is compared."""
    config, state = loaded.config, state_of(connection, cutover)
    requires = config.cutovers[cutover].requires
    return {
        "cutover": cutover,
        "phase": state.phase,
        "paused": state.paused,
        "generation": state.generation,
        "routes": _routes(config, cutover),
        "labels": tuple(config.strata),
        "versions": epochs.at_once(epochs.epochs(connection, cutover)),
        "worker_ns": worker_heartbeat(connection, now_ns),
        "expired": _expired(loaded, cutover, now_ns),
        "lag_within_ms": _lag_within(config, cutover),
        "effects": standings(connection, config, cutover, state),
        "numbers": _numbers(connection, config, cutover, now_ns),
        "required": tuple((name, state_of(connection, name).phase) for name in requires.cutovers or ()),
        "required_migrations": tuple(requires.migrations.items()),
        "split": split_of(connection, cutover, state.generation),
        "way_back": way_back_of(connection, config, state, epoch.id if epoch else 0, now_ns),
    }


def _of_the_epoch(
    connection: Connection, config: Config, cutover: str, now_ns: int, epoch: Epoch
) -> dict[str, Any]:
    """What was compared in an epoch, and what was not."""
    cells, early = _cells(connection, epoch.id), streams.untraced(connection, epoch.created_ns)
    return {
        "epoch": epoch.id,
        "digest": epoch.digest,
        "version": epoch.version,
        "attempt": epoch.attempt or 0,
        "created_ns": epoch.created_ns,
        "cells": cells,
        "unread": numbers.unread(connection, config, {cell.route: cell.n for cell in cells}),
        "seen": seen_in(connection, epoch.id),
        "drift": net_drift(connection, epoch.id),
        "census": census_of(connection, epoch.id),
        "coverage": coverage_of(connection, epoch.id, config.cutovers[cutover].routes),
        "inflows": inflows(connection, epoch.id, now_ns),
        "settled": _recorded(connection) - epoch.recorded_before,
        "lost": streams.shed(connection, epoch.id),
        "untraced": {reason: count for reason, count in early.items() if not reason.startswith(UNCAPTURED)},
        "uncaptured": {
            reason.removeprefix(UNCAPTURED): count
            for reason, count in early.items()
            if reason.startswith(UNCAPTURED)
        },
    }


def _numbers(
    connection: Connection, config: Config, cutover: str, now_ns: int
) -> tuple[tuple[str, tuple[str, ...], tuple[Finding, ...]], ...]:
    """What is wrong in the series that one of the cutover's routes shows."""
    names = {name for name in config.cutovers[cutover].routes if config.routes[name].numbers is not None}
    if not names:
        return ()
    return tuple(
        (each.name, tuple(route for route in each.series.routes if route in config.routes), each.open)
        for each in numbers.kept(connection, config, now_ns)
        if each.open and not names.isdisjoint(each.series.routes)
    )


def _routes(config: Config, cutover: str) -> tuple[RouteStanding, ...]:
    return tuple(
        RouteStanding(name, comparable(config.routes[name])) for name in config.cutovers[cutover].routes
    )


def _cells(connection: Connection, epoch: int) -> tuple[Cell, ...]:
    failed = _failures(connection, epoch)
    return tuple(
        _timed(_counted(row, failed[row["route"], row["stratum"], row["side"]]), row)
        for row in _cell_rows(connection, epoch)
    )


def _cell_rows(connection: Connection, epoch: int) -> Iterable[RowMapping]:
    table = tables.evidence
    statement = (
        select(table).where(table.c.epoch == epoch).order_by(table.c.route, table.c.stratum, table.c.side)
    )
    return connection.execute(statement).mappings()


def _counted(row: RowMapping, failed: dict[str, int]) -> Cell:
    return Cell(
        route=row["route"],
        stratum=row["stratum"],
        primary=row["side"],
        failed=failed,
        **{name: row[name] for name in _COUNTED},
    )


def _timed(cell: Cell, row: RowMapping) -> Cell:
    """With how long both sides took."""
    legacy, candidate = latency.decode(row["legacy_latency"]), latency.decode(row["candidate_latency"])
    return replace(
        cell,
        legacy_p50_ns=latency.quantile(legacy, 0.5),
        legacy_p99_ns=latency.quantile(legacy, 0.99),
        candidate_p50_ns=latency.quantile(candidate, 0.5),
        candidate_p99_ns=latency.quantile(candidate, 0.99),
        legacy_p99_most_ns=latency.bounds(legacy, 0.99)[1],
        candidate_p99_least_ns=latency.bounds(candidate, 0.99)[0],
    )


def _failures(connection: Connection, epoch: int) -> dict[tuple[str, str, str], dict[str, int]]:
    table = tables.failures
    out: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for row in connection.execute(
        select(table).where(table.c.epoch == epoch).order_by(table.c.reason)
    ).mappings():
        out[row["route"], row["stratum"], row["side"]][row["reason"]] = row["count"]
    return out


def _recorded(connection: Connection) -> int:
    """Exchanges ever recorded: a row per plane process to add up, however long ago the epoch began."""
    return int(connection.execute(select(func.sum(tables.streams.c.recorded))).scalar() or 0)


def _expired(loaded: Loaded, cutover: str, now_ns: int) -> tuple[Expired, ...]:
    today = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).date()
    config = loaded.config
    placed: list[tuple[tuple[str | int, ...], Rule]] = [
        (("rules", i), rule) for i, rule in enumerate(config.rules)
    ]
    for route in config.cutovers[cutover].routes:
        placed += [(("routes", route, "rules", i), rule) for i, rule in enumerate(config.routes[route].rules)]
    return tuple(
        Expired(_rule_words(rule), rule.expires, loaded.line_of(*location))
        for location, rule in placed
        if rule.expires is not None and rule.expires < today
    )


def _rule_words(rule: Rule) -> str:
    kind = kind_of(rule) or "rule"
    value = getattr(rule, kind)
    return f"`{kind}: {value if isinstance(value, str) else ', '.join(value)}`"


def _lag_within(config: Config, cutover: str) -> int | None:
    state = config.cutovers[cutover].state
    return state.synced.within if isinstance(state, SyncedState) else None
