"""What every stage of the chapter shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from strangler_demo.amounts.account import Account
from strangler_demo.amounts.calls import Booked
from strangler_demo.amounts.config import CUTOVER
from strangler_demo.amounts.services import Services
from strangler_demo.story.performance import Performance, where

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
class Play(Performance[Account]):
    """A run of the chapter."""

    titles = STAGES
    services: Services
    booked: Booked

    async def cutover(self, verb: str) -> str:
        """`strangler cutover VERB billing`, which has to succeed. Returns where it stands then."""
        ran = await self.strangler.must("cutover", verb, CUTOVER, "--actor", "demo", "--json")
        now: dict[str, Any] = ran.json["cutover"]
        self.account.phases.append(where(now))
        return where(now)

    async def gate(self) -> tuple[int, dict[str, Any]]:
        """Ask the gate as CI would."""
        ran = await self.strangler.run("gate", CUTOVER, "--format", "json")
        tally = self.clients.tally
        self.screen.gauges(
            [
                ("requests", f"{tally.sent:,}"),
                ("failed for a client", f"{self.failed()}"),
                ("compared in this epoch", f"{ran.json['compared']:,}"),
            ]
        )
        return ran.exit_code, ran.json

    def failed(self) -> int:
        """Requests that went wrong for a client so far."""
        return self.clients.tally.errors.total() + self.clients.tally.unexpected.total()
