"""What control does with the ledger, a fifth of a second apart: the table in force, and rolling back.

Blocking; runs in a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection

from strangler.config import Loaded
from strangler.cutover import CutoverState, Event, decide, plan_of
from strangler.errors import Conflict
from strangler.evidence import Evidence
from strangler.gate import Reason, rollback_reasons
from strangler.ledger.cutovers import current_table, republish, states, transition
from strangler.ledger.evidence import read_evidence
from strangler.ledger.facts import Fact, facts, put, put_lag
from strangler.ledger.planes import Plane, planes, worker_heartbeat
from strangler.ledger.store import Ledger
from strangler.ledger.streams import Stream, losses, streams
from strangler.routing import Table

_log = logging.getLogger(__name__)

ACTOR = "control"


@dataclass(frozen=True, slots=True)
class Picture:
    """The ledger at one moment, as far as control needs it."""

    at_ns: int
    table: Table | None
    states: Mapping[str, CutoverState]
    planes: tuple[Plane, ...]
    streams: tuple[Stream, ...]
    losses: Mapping[str, int]
    worker_ns: int | None
    facts: tuple[Fact, ...]


@dataclass(slots=True)
class Watch:
    """The ledger, through control's eyes. `loaded` is the configuration in force; set it when it changes."""

    loaded: Loaded
    opened: Callable[[bool], Ledger]
    now_ns: Callable[[], int]
    rollbacks: list[str] = field(default_factory=list)
    _ledger: Ledger | None = None
    _created: bool = False

    def publish(self, reason: str) -> Table:
        """The table for the configuration and the states as they are, made if routes changed."""
        with self._open().begin() as connection:
            return republish(connection, self.loaded.config, now_ns=self.now_ns(), actor=ACTOR, reason=reason)

    def table(self) -> Table | None:
        """The table in force, rolled back first where that must be."""
        ledger = self._open()
        with ledger.read() as connection:
            table = current_table(connection)
            moved = [
                state
                for state in states(connection, self.loaded.config).values()
                if self._reasons(connection, state)[0]
            ]
        for state in moved:
            table = self._roll_back(ledger, state) or table
        return table

    def picture(self) -> Picture:
        """Everything that `/v1/status` shows."""
        with self._open().read() as connection:
            return Picture(
                at_ns=self.now_ns(),
                table=current_table(connection),
                states=states(connection, self.loaded.config),
                planes=tuple(planes(connection)),
                streams=tuple(streams(connection)),
                losses=losses(connection),
                worker_ns=worker_heartbeat(connection),
                facts=tuple(facts(connection)),
            )

    def note(self, found: list[Fact], lags: Mapping[str, tuple[Decimal, int]]) -> None:
        """Write facts and probed lags: seconds, and when they were asked for."""
        with self._open().begin() as connection:
            for fact in found:
                put(connection, fact)
            for cutover, (seconds, asked_ns) in lags.items():
                put_lag(connection, cutover, seconds, asked_ns)

    def close(self) -> None:
        """Close the ledger; the next use opens it again."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _open(self) -> Ledger:
        if self._ledger is not None and not self._ledger.there:
            self.close()
        if self._ledger is None:
            self._ledger = self.opened(not self._created)
            self._created = True
        return self._ledger

    def _reasons(
        self, connection: Connection, state: CutoverState
    ) -> tuple[tuple[Reason, ...], Evidence | None]:
        if state.phase not in ("canary", "candidate"):
            return (), None
        evidence = read_evidence(connection, self.loaded, state.name, self.now_ns())
        policy = self.loaded.config.policy_of(state.name)
        return rollback_reasons(policy, evidence, self.loaded.line_of), evidence

    def _roll_back(self, ledger: Ledger, seen: CutoverState) -> Table | None:
        """Judge again inside the transaction that moves it; None when somebody was first or there is no reason now."""
        config = self.loaded.config
        try:
            with ledger.begin() as connection:
                state = states(connection, config)[seen.name]
                reasons, evidence = self._reasons(connection, state)
                if not reasons or evidence is None:
                    return None
                why = "; ".join(reason.measured for reason in reasons)
                event = Event("auto-rollback", ACTOR, why)
                after, actions = decide(plan_of(config, state.name), state, event, self.now_ns())
                if "publish" not in actions:
                    return None
                table = transition(
                    connection,
                    config,
                    after,
                    expected_generation=state.generation,
                    event=event.name,
                    now_ns=self.now_ns(),
                    evidence=evidence.hash(),
                )
        except Conflict as error:
            _log.warning("%s", error)
            return None
        self.rollbacks.append(f"{state.name}: {why}")
        _log.warning("cutover %s is rolled back: %s", state.name, why)
        return table
