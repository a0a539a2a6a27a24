"""The state of each cutover, and the routing table made from it: one write, one generation, one audit
entry.
"""

from __future__ import annotations

from sqlalchemy import Connection

from strangler.config.model import Config
from strangler.cutover import CutoverState
from strangler.routing.table import Table


def state_of(connection: Connection, cutover: str) -> CutoverState:
    """The state; one that never moved is in phase `legacy` with generation 0."""
    raise NotImplementedError


def states(connection: Connection, config: Config) -> dict[str, CutoverState]:
    """The states of all cutovers of the file, by name."""
    raise NotImplementedError


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
) -> Table:
    """Write a new state (as `cutover.decide` gave it), the routing table of the next generation, an audit
    entry.

    `expected_generation`: that of the state which was read before deciding; raises Conflict when it is no
    longer the state's. The state's `generation` becomes the table's. `evidence`: hash of the evidence that
    was judged. `floor`: the new generation is above it too (an override that was in force while the ledger
    was away).
    """
    raise NotImplementedError


def current_table(connection: Connection) -> Table | None:
    """The table in force; None before the first was published."""
    raise NotImplementedError


def publish(connection: Connection, table: Table) -> None:
    """Make `table` the one in force. Raises Conflict unless its generation is above every earlier one's."""
    raise NotImplementedError


def republish(
    connection: Connection, config: Config, *, now_ns: int, actor: str, reason: str, floor: int = 0
) -> Table:
    """The table for the present configuration and states: published (and audited) only when routes changed.

    For start-up and for a changed file. Always leaves a table in force and returns it.
    """
    raise NotImplementedError


def tables(connection: Connection, limit: int = 20) -> list[Table]:
    """The latest tables, newest first."""
    raise NotImplementedError


__all__ = ["current_table", "publish", "republish", "state_of", "states", "tables", "transition"]
