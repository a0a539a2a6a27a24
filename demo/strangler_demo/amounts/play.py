"""What every stage of the chapter shares."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from strangler_demo.amounts.account import Account
from strangler_demo.amounts.calls import Booked
from strangler_demo.amounts.config import CUTOVER
from strangler_demo.amounts.services import Services
from strangler_demo.story.account import StageAccount
from strangler_demo.story.clients import Clients
from strangler_demo.story.commands import Commands
from strangler_demo.story.screen import Screen

STAGES: Final = (
    "legacy on its database, through the proxy",
    "the migration planned",
    "expanded and backfilled under traffic",
    "the candidate on the new version's views, shadowed",
    "the contract is refused",
    "canary 10 → 50 → 100 %, candidate, retired",
    "contracted under traffic",
    "summary",
)


@dataclass(slots=True)
class Play:
    """A run of the chapter."""

    services: Services
    clients: Clients
    booked: Booked
    strangler: Commands
    screen: Screen
    account: Account
    began_ns: int = field(default_factory=time.monotonic_ns)

    def now_ms(self) -> int:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self.began_ns) // 1_000_000

    def stage(self, number: int) -> StageAccount:
        """Begin a stage (and end the one before)."""
        if self.account.stages:
            self.account.stages[-1].ended_ms = self.now_ms()
        stage = StageAccount(number, STAGES[number - 1], began_ms=self.now_ms(), facts={})
        self.account.stages.append(stage)
        self.screen.stage(number)
        return stage

    async def cutover(self, verb: str) -> str:
        """`strangler cutover VERB billing`, which has to succeed. Returns where it stands then."""
        ran = await self.strangler.must("cutover", verb, CUTOVER, "--actor", "demo", "--json")
        now: dict[str, Any] = ran.json["cutover"]
        where = f"canary {now['weight']}" if now["phase"] == "canary" else str(now["phase"])
        self.account.phases.append(where)
        return where

    async def gate(self) -> tuple[int, dict[str, Any]]:
        """Ask the gate as CI would."""
        ran = await self.strangler.run("gate", CUTOVER, "--format", "json")
        tally = self.clients.tally
        self.screen.gauges(
            [
                ("requests", f"{tally.sent:,}"),
                ("failed for a client", f"{tally.errors.total() + tally.unexpected.total()}"),
                ("compared in this epoch", f"{ran.json['compared']:,}"),
            ]
        )
        return ran.exit_code, ran.json

    def failed(self) -> int:
        """Requests that went wrong for a client so far."""
        return self.clients.tally.errors.total() + self.clients.tally.unexpected.total()
