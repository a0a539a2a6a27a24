"""The table in force, and those who wait for the next one."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from strangler.routing import Table


class Board:
    """Holds one table; `after` waits for a newer one. A table never gives way to an older one.

    `waiting`: how many wait now, which are the planes that have the table in force.
    """

    def __init__(self, table: Table | None = None) -> None:
        self.table: Table | None = None
        self.body = b""
        self._changed = asyncio.Event()
        self.closed = False
        self.waiting = 0
        if table is not None:
            self.post(table)

    def post(self, table: Table) -> bool:
        """Put up a table; whether it is newer than the one that stood."""
        if self.table is not None and table.generation <= self.table.generation:
            return False
        self.table = table
        self.body = msgspec.json.encode(table)
        self._wake()
        return True

    def close(self) -> None:
        """Let everybody who waits go, with nothing."""
        self.closed = True
        self._wake()

    async def after(self, generation: int, seconds: float) -> bytes | None:
        """The table as JSON once there is one of a later generation; None when there is none for so long."""
        self.waiting += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self.closed and (self.table is None or self.table.generation <= generation):
                        await self._changed.wait()
        finally:
            self.waiting -= 1
        if self.table is None or self.table.generation <= generation:
            return None
        return self.body

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
