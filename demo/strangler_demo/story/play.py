"""What every stage of the story shares: the systems, the clients, the commands, the screen, the account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from strangler.errors import StranglerError
from strangler_demo.story.account import Account, GateAccount
from strangler_demo.story.options import Options
from strangler_demo.story.performance import Performance, where
from strangler_demo.systems import Systems

CUTOVER = "reads"
STAGES: Final = (
    "everything on legacy, through the proxy",
    "the read routes shadowed",
    "divergences appear",
    "the gate blocks",
    "the proposed noise rule accepted, the candidate mended",
    "evidence builds, the gate passes",
    "canary 1 → 5 → 25 → 50 %",
    "a defect at 50 %: automatic rollback",
    "mended again, on to 100 %",
    "summary",
)


@dataclass(slots=True)
class Play(Performance[Account]):
    """A run of the story."""

    titles = STAGES
    options: Options
    systems: Systems

    async def gate(self) -> tuple[int, dict[str, Any]]:
        """Ask the gate as CI would. Returns its exit code and its JSON."""
        ran = await self.strangler.run("gate", CUTOVER, "--format", "json")
        verdict = ran.json
        self.account.gate.append(
            GateAccount(
                self.now_ms(),
                ran.exit_code,
                verdict["status"],
                [reason_line(each) for each in verdict["reasons"]],
            )
        )
        self.gauges(verdict)
        return ran.exit_code, verdict

    async def cutover(self, verb: str) -> str:
        """`strangler cutover VERB reads`, which has to succeed. Returns where it stands then; the account has it."""
        ran = await self.strangler.must("cutover", verb, CUTOVER, "--actor", "demo", "--json")
        now: dict[str, Any] = ran.json["cutover"]
        self.gauges(now)
        self.account.phases.append(where(now))
        return where(now)

    async def standing(self) -> dict[str, Any]:
        """The cutover as `strangler status --json` shows it."""
        status = (await self.strangler.must("status", "--json")).json
        found: dict[str, Any] = next(each for each in status["cutovers"] if each["name"] == CUTOVER)
        self.gauges(found)
        return found

    async def divergences(self) -> list[Mapping[str, Any]]:
        """Those seen in the present epoch."""
        ran = await self.strangler.must(
            "divergences", "list", "--cutover", CUTOVER, "--epoch", "current", "--json"
        )
        found: list[Mapping[str, Any]] = ran.json["divergences"]
        return found

    def gauges(self, cutover: Mapping[str, Any]) -> None:
        """Show the figures that change. `cutover`: of a status or of a verdict."""
        tally, seen = self.clients.tally, self.clients.seen
        total = max(1, seen.by_candidate + seen.by_legacy)
        self.screen.gauges(
            [
                ("requests", f"{tally.sent:,}"),
                ("failed for a client", f"{tally.errors.total() + tally.unexpected.total()}"),
                ("by the candidate", f"{Decimal(seen.by_candidate * 100) / total:.1f} %"),
                ("phase", str(cutover["phase"])),
                ("compared in this epoch", f"{cutover['compared']:,}"),
                ("different", f"{cutover['different']:,}"),
            ]
        )


def reason_line(reason: Mapping[str, Any]) -> str:
    """A gate's reason in one line."""
    route = f"{reason['route']}: " if reason.get("route") else ""
    return f"{route}{reason['measured']}; required: {reason['required']}"


async def until[T](
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    *,
    seconds: int,
    what: str,
    every_ms: int = 500,
) -> T:
    """Look again and again until it is good. Raises StranglerError saying what did not come."""
    deadline = time.monotonic_ns() + seconds * 1_000_000_000
    while True:
        seen = await look()
        if good(seen):
            return seen
        if time.monotonic_ns() > deadline:
            raise StranglerError(f"{what} did not come within {seconds} s; last seen: {str(seen)[:300]}")
        await asyncio.sleep(every_ms / 1000)
