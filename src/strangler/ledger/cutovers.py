"""The state of each cutover, and the routing table made from it: one write, one generation, one audit
entry.
"""

from __future__ import annotations

import dataclasses

import msgspec
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from strangler.canonical import digest
from strangler.config.model import Config
from strangler.cutover import CutoverState
from strangler.errors import Conflict
from strangler.ledger import audit, tables
from strangler.ledger.upsert import upsert
from strangler.pace import soaked
from strangler.routing.build import build_table
from strangler.routing.table import Table

_DECODER = msgspec.json.Decoder(Table)
_COLUMNS = tuple(field.name for field in dataclasses.fields(CutoverState) if field.name != "name")


def state_of(connection: Connection, cutover: str) -> CutoverState:
    """The state; one that never moved is in phase `legacy` with generation 0."""
    table = tables.cutovers
    row = connection.execute(select(table).where(table.c.name == cutover)).mappings().first()
    return CutoverState(cutover) if row is None else _state(row)


def states(connection: Connection, config: Config) -> dict[str, CutoverState]:
    """The states of all cutovers of the file, by name."""
    found = {row["name"]: _state(row) for row in connection.execute(select(tables.cutovers)).mappings()}
    return {name: found.get(name, CutoverState(name)) for name in config.cutovers}


def _state(row: RowMapping) -> CutoverState:
    return CutoverState(**dict(row))


def looked(connection: Connection, state: CutoverState, now_ns: int) -> None:
    """Write down that a step that soaks was looked at; no transition, so there is no table and no audit entry."""
    table = tables.cutovers
    connection.execute(
        update(table)
        .where(table.c.name == state.name, table.c.generation == state.generation)
        .values(soaked_ns=soaked(state, now_ns), looked_ns=now_ns)
    )


def transition(
    connection: Connection,
    config: Config,
    after: CutoverState,
    *,
    expected_generation: int,
    event: str,
    now_ns: int,
    evidence: str = "",
    floor: int = 0,
    via: str = "",
) -> Table:
    """Write a new state (as `cutover.decide` gave it), the routing table of the next generation, an audit
    entry.

    `expected_generation`: that of the state which was read before deciding; raises Conflict when it is no
    longer the state's. The state's `generation` becomes the table's. `evidence`: hash of the evidence that
    was judged. `floor`: the new generation is above it too (an override that was in force while the ledger
    was away). `via`: how whoever acts was known.
    """
    before = state_of(connection, after.name)
    if before.generation != expected_generation:
        raise Conflict(
            f"somebody moved it first: it is in {before.phase} since generation {before.generation}",
            where=f"cutover {after.name}",
            remedy="look at `strangler cutover status` and decide again",
        )
    generation = _next_generation(connection, floor)
    after = dataclasses.replace(after, generation=generation)
    upsert(connection, tables.cutovers, [dataclasses.asdict(after)], replace=_COLUMNS)
    table = build_table(config, states(connection, config), generation, now_ns)
    publish(connection, table)
    audit.append(
        connection,
        at_ns=now_ns,
        actor=after.actor,
        action=f"cutover.{event}",
        subject=after.name,
        reason=after.reason,
        before=dataclasses.asdict(before),
        after=dataclasses.asdict(after),
        evidence=evidence,
        via=via,
    )
    return table


def current_table(connection: Connection) -> Table | None:
    """The table in force; None before the first was published."""
    found = tables_latest(connection, 1)
    return found[0] if found else None


def publish(connection: Connection, table: Table) -> None:
    """Make `table` the one in force. Raises Conflict unless its generation is above every earlier one's."""
    last = _next_generation(connection, 0) - 1
    if table.generation <= last:
        raise Conflict(
            f"routing table {table.generation} comes too late: {last} is in force",
            remedy="build it again from the states as they are now",
        )
    body = msgspec.json.encode(table, order="deterministic")
    values = {
        "generation": table.generation,
        "issued_ns": table.issued_ns,
        "digest": _digest(table),
        "body": body,
    }
    connection.execute(insert(tables.tables).values(values))


def republish(
    connection: Connection, config: Config, *, now_ns: int, actor: str, reason: str, floor: int = 0
) -> Table:
    """The table for the present configuration and states: published (and audited) only when routes changed.

    For start-up and for a changed file. Always leaves a table in force and returns it.
    """
    current = current_table(connection)
    table = build_table(config, states(connection, config), _next_generation(connection, floor), now_ns)
    if current is not None and _digest(current) == _digest(table) and current.generation >= floor:
        return current
    publish(connection, table)
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action="table.publish",
        subject="table",
        reason=reason,
        before=None if current is None else {"generation": current.generation, "digest": _digest(current)},
        after={"generation": table.generation, "digest": _digest(table)},
    )
    return table


def tables_latest(connection: Connection, limit: int = 20) -> list[Table]:
    """The latest tables, newest first."""
    stored = tables.tables
    statement = select(stored.c.body).order_by(stored.c.generation.desc()).limit(limit)
    return [_DECODER.decode(body) for body in connection.execute(statement).scalars()]


def _next_generation(connection: Connection, floor: int) -> int:
    last = connection.execute(select(func.max(tables.tables.c.generation))).scalar() or 0
    return max(last, floor) + 1


def _digest(table: Table) -> str:
    """Of what the table says, whenever it was issued."""
    return digest(msgspec.structs.replace(table, generation=0, issued_ns=0))
