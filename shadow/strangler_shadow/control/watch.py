"""What control does with the ledger, a fifth of a second apart: the table in force, rolling back, going on by itself.

Blocking; runs in a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from strangler.config import Loaded
from strangler.cutover import CutoverState, Event, decide, plan_of, rollback_held, standing_words
from strangler.errors import Conflict, Refused
from strangler.evidence import Evidence
from strangler.gate import Reason, Verdict, rollback_reasons
from strangler.ledger import effects
from strangler.ledger.cutovers import current_table, looked, republish, states, transition
from strangler.ledger.evidence import read_evidence, read_mismatches
from strangler.ledger.facts import Fact, facts, put, put_lag
from strangler.ledger.judging import look
from strangler.ledger.moving import move
from strangler.ledger.store import Ledger
from strangler.pace import advances_by_itself, look_due
from strangler.routing import Table
from strangler_shadow.metrics.traffic import Traffic, read_traffic

_log = logging.getLogger(__name__)

ACTOR = "control"
_UNDER_WAY: Final = frozenset({"canary", "candidate"})
"""Phases that a rollback leads out of."""
ASK_NS: Final = 1_000_000_000
"""A cutover that goes on by itself is judged so often."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a look at the gate gave: when, on which findings, for which reasons not."""

    at_ns: int
    findings: str
    codes: tuple[str, ...]

    def same_as(self, other: Asked | None) -> bool:
        """Whether nothing is new since."""
        return other is not None and (self.findings, self.codes) == (other.findings, other.codes)


def worth_asking(verdict: Verdict, evidence: Evidence) -> bool:
    """Whether the gate is to be asked, which makes the epoch an attempt: once in each epoch that could advance by
    itself (looking alone would spend nothing of the risk), then only where it would pass, or people are to be asked.
    """
    if not evidence.epoch:
        return False
    waits = {reason.code for reason in verdict.reasons} == {"approval"}
    return not evidence.attempt or verdict.status == "pass" or waits


@dataclass(frozen=True, slots=True)
class Picture:
    """The ledger at one moment, as far as control needs it."""

    at_ns: int
    table: Table | None
    traffic: Traffic
    facts: tuple[Fact, ...]


@dataclass(slots=True)
class Watch:
    """The ledger, through control's eyes. `loaded` is the configuration in force; set it when it changes. `overridden`:
    whether `rollback --all` holds, while which nothing goes forward.
    """

    loaded: Loaded
    opened: Callable[[bool], Ledger]
    now_ns: Callable[[], int]
    overridden: Callable[[], bool] = lambda: False
    rollbacks: list[str] = field(default_factory=list)
    _asked: dict[str, Asked] = field(default_factory=dict[str, "Asked"])
    _ledger: Ledger | None = None
    _created: bool = False

    def publish(self, reason: str) -> Table:
        """The table for the configuration and the states as they are, made if routes changed."""
        with self._open().begin() as connection:
            return republish(connection, self.loaded.config, now_ns=self.now_ns(), actor=ACTOR, reason=reason)

    def table(self) -> Table | None:
        """The table in force, rolled back or gone forward first where that must be."""
        ledger = self._open()
        with ledger.read() as connection:
            table = current_table(connection)
            known = states(connection, self.loaded.config)
            back = [
                state
                for state in known.values()
                if state.phase in _UNDER_WAY
                and self._reasons(state, read_mismatches(connection, self.loaded, state.name))
            ]
        for state in back:
            table = self._roll_back(ledger, state) or table
        for state in known.values():
            if state not in back:
                table = self._go_on(ledger, state) or table
        return table

    def _go_on(self, ledger: Ledger, state: CutoverState) -> Table | None:
        """What time brings: a soak that is watched, and the next step where it is automatic."""
        plan, now = self.loaded.config.cutovers[state.name], self.now_ns()
        if look_due(plan, state, now):
            with ledger.begin() as connection:
                looked(connection, state, now)
        if not advances_by_itself(plan, state, now) or self.overridden():
            return None
        return self._advance(ledger, state, now)

    def _advance(self, ledger: Ledger, state: CutoverState, now: int) -> Table | None:
        """Ask the gate as `advance` does, where a look says that something would come of it; None if nothing did."""
        last = self._asked.get(state.name)
        if last is not None and abs(now - last.at_ns) < ASK_NS:
            return None
        with ledger.read() as connection:
            verdict, evidence = look(connection, self.loaded, state.name, now)
        seen = Asked(now, evidence.findings_hash(), tuple(reason.code for reason in verdict.reasons))
        self._asked[state.name] = seen
        if not worth_asking(verdict, evidence) or (verdict.status != "pass" and seen.same_as(last)):
            return None
        event = Event("advance", ACTOR, f"soaked, and the gate passes ({evidence.n:,} compared)")
        try:
            moved = move(ledger, self.loaded, state.name, event, now, before=state)
        except (Refused, Conflict) as error:
            _log.info("%s", error)
            return None
        if moved.table is not None:
            _log.info("cutover %s goes on by itself: %s", state.name, standing_words(moved.after))
        return moved.table

    def picture(self) -> Picture:
        """Everything that `/v1/status` and `/metrics` show."""
        now_ns = self.now_ns()
        with self._open().read() as connection:
            return Picture(
                at_ns=now_ns,
                table=current_table(connection),
                traffic=read_traffic(connection, self.loaded.config, now_ns),
                facts=tuple(facts(connection)),
            )

    def note(self, found: list[Fact], lags: Mapping[str, tuple[Decimal, int]]) -> None:
        """Write facts and probed lags: seconds, and when they were asked for."""
        with self._open().begin() as connection:
            for fact in found:
                (effects.hear if fact.kind == effects.KIND else put)(connection, fact)
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

    def _reasons(self, state: CutoverState, evidence: Evidence) -> tuple[Reason, ...]:
        policy = self.loaded.config.policy_of(state.name)
        held = rollback_held(state, self.now_ns())
        return rollback_reasons(policy, evidence, self.loaded.line_of, held=held)

    def _roll_back(self, ledger: Ledger, seen: CutoverState) -> Table | None:
        """Judge again inside the transaction that moves it; None when somebody was first or there is no reason now."""
        config = self.loaded.config
        try:
            with ledger.begin() as connection:
                state = states(connection, config)[seen.name]
                evidence = read_evidence(connection, self.loaded, state.name, self.now_ns())
                reasons = self._reasons(state, evidence)
                if not reasons:
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
