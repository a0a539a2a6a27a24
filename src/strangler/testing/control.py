"""The table endpoint of control, and nothing else of it: `GET /v1/table?after=G`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import msgspec

from strangler.routing import Table
from strangler.testing.background import Background
from strangler.testing.listener import TcpListener

HOLD_SECONDS: Final = 25.0


class ControlFake(TcpListener):
    """Answers a long poll with the table last `issue`d, once its generation is higher than the poller's.

    `stop` and `start` are control away and back.
    """

    def __init__(self, background: Background, table: Table | None = None) -> None:
        self._table = table
        self._changed = asyncio.Condition()
        self.polls: list[int] = []
        super().__init__(background)

    def issue(self, table: Table) -> None:
        """From here on this is the table."""
        self._background.call(self._issue(table))

    async def _issue(self, table: Table) -> None:
        async with self._changed:
            self._table = table
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        after = int(head.split(b" ", 2)[1].partition(b"after=")[2])
        self.polls.append(after)
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await self._changed.wait_for(lambda: self._table and self._table.generation > after)
            table = self._table
        if table is None or table.generation <= after:
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        else:
            body = msgspec.json.encode(table)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
        await writer.drain()
