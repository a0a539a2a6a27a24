"""Who is in the canary stays in, with two real planes: while it widens, while planes are killed, over a restart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import pytest

from strangler.routing import bucket
from strangler_shadow.testing import ServeProcess

from .conftest import System, agrees

MakeSystem = Callable[..., System]
pytestmark = [pytest.mark.system, pytest.mark.full]

CUSTOMERS = [f"customer-{number}" for number in range(120)]
PLAN = {
    "drain: 5s": "drain: 5s, planes: 2",
    "steps: [50, 100]": "steps: [10, 40, 80], pinned: [customer-1, customer-2]",
}


@dataclass
class Asked:
    """Who answered each customer, again and again, each time over a connection of its own: either plane may take it."""

    url: str
    sides: dict[str, list[bool]] = field(default_factory=dict)
    """Per customer, in order: whether it was the candidate. A request that a killed plane took with it is none."""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped."""
        asyncio.run(self._rounds())

    async def _rounds(self) -> None:
        while not self.stop.is_set():
            await self.round()

    async def round(self) -> dict[str, bool]:
        """Everybody once; who of those that were answered is the candidate's."""
        connector = aiohttp.TCPConnector(force_close=True, limit=8)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(20)) as session:
            found = await asyncio.gather(*(self._one(session, name) for name in CUSTOMERS))
        answered = {name: side for name, side in zip(CUSTOMERS, found, strict=True) if side is not None}
        for name, side in answered.items():
            self.sides.setdefault(name, []).append(side)
        return answered

    async def _one(self, session: aiohttp.ClientSession, name: str) -> bool | None:
        try:
            async with session.get(f"{self.url}/invoices/1", headers={"X-Customer": name}) as found:
                return b",  " in await found.read()
        except aiohttp.ClientError:
            return None


def members(weight: int) -> set[str]:
    """Whom the weight (basis points) and the file put into the canary."""
    return {"customer-1", "customer-2"} | {name for name in CUSTOMERS if bucket("reads", name) < weight}


def served(made: System) -> set[str]:
    """Whom the candidate answers now. Twice: each plane had its turn."""
    rounds = [asyncio.run(Asked(made.url).round()) for _ in range(2)]
    assert rounds[0] == rounds[1]
    return {name for name, side in rounds[0].items() if side}


def test_widening_kills_and_a_restart_move_nobody_back(system: MakeSystem) -> None:
    made = system(agrees, **PLAN)
    made.in_force(1, planes=2)
    made.move("advance")
    assert served(made) == members(1_000)
    asked = Asked(made.url)
    asking = threading.Thread(target=asked.run)
    asking.start()
    try:
        for earlier, weight in ((1_000, 4_000), (4_000, 8_000)):
            before = {name: len(asked.sides.get(name, ())) for name in members(earlier)}
            made.served.kill_child("plane-1", back=False)
            made.move("advance")
            made.served.kill_child("plane-2")
            made.in_force(made.table().generation, planes=2)
            assert {name for name, at in before.items() if not all(asked.sides.get(name, [])[at:])} == set()
            assert served(made) == members(weight)
    finally:
        asked.stop.set()
        asking.join()
    made.served.stop()
    with ServeProcess(made.file) as again:
        made.served = again
        made.in_force(made.table().generation, planes=2)
        assert served(made) == members(8_000)
        made.move("advance")
        assert served(made) == set(CUSTOMERS)
