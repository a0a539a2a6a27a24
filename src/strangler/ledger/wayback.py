"""Reads what the gate must know of the way back: what the next step is, and how legacy answered lately."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from strangler.config.cutovers import SyncedState
from strangler.config.model import Config
from strangler.cutover import CutoverState, next_step, plan_of
from strangler.evidence import Returned, WayBack
from strangler.ledger import tables
from strangler.ledger.tables import MINUTE_NS
from strangler.routing.safety import comparable

RECENT_MINUTES: Final = 10
"""Over which legacy's failures are counted, asked after the candidate; a failure long ago says nothing of now."""


def way_back_of(
    connection: Connection, config: Config, state: CutoverState, epoch: int, now_ns: int
) -> WayBack:
    """Of a cutover in this state; `epoch` 0: nothing was compared."""
    plan, cutover = plan_of(config, state.name), config.cutovers[state.name]
    owned = state.phase == "candidate"
    synced = cutover.state.synced if isinstance(cutover.state, SyncedState) else None
    since = max(state.since_ns // MINUTE_NS, now_ns // MINUTE_NS - RECENT_MINUTES)
    return WayBack(
        leads_to=next_step(plan, state).partition(" ")[0],
        since_ns=state.since_ns,
        # In canary a request without identity is legacy's: there it is asked first, and nothing is left to prove.
        routes=tuple(
            name
            for name in cutover.routes
            if comparable(config.routes[name]) and (owned or config.routes[name].identity)
        ),
        recent=_recent(connection, epoch, since) if epoch and state.phase in ("canary", "candidate") else (),
        writes=bool(plan.unsafe) and synced is not None,
        back_within_ms=synced.back.within if synced is not None and synced.back is not None else None,
    )


def _recent(connection: Connection, epoch: int, minute: int) -> tuple[Returned, ...]:
    table = tables.minutes
    statement = (
        select(
            table.c.route,
            func.sum(table.c.n + table.c.duplicates - table.c.candidate_failed),
            func.sum(table.c.others),
        )
        .where(table.c.minute >= minute, table.c.epoch == epoch, table.c.side == "candidate")
        .group_by(table.c.route)
        .order_by(table.c.route)
    )
    return tuple(
        Returned(route, int(answered), int(failed))
        for route, answered, failed in connection.execute(statement)
        if answered or failed
    )
