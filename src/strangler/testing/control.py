"""The table endpoint of control, and nothing else of it: `GET /v1/table?after=G`."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Self

import msgspec

from strangler.routing import Table
from strangler.testing.background import Background

HOLD_SECONDS: Final = 25.0


class ControlFake:
    """Answers a long poll with the table last `issue`d, once its generation is higher than the poller's."""

    def __init__(self, background: Background, table: Table | None = None) -> None:
        self._background = background
        self._table = table
        self._changed = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self.polls: list[int] = []
        self._server = background.call(self._listen(0))
        self.port: Final[int] = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """What a plane is given as `control`."""
        return f"http://127.0.0.1:{self.port}"

    def issue(self, table: Table) -> None:
        """From here on this is the table."""
        self._background.call(self._issue(table))

    def stop(self) -> None:
        """Be away."""
        self._background.call(self._stop())

    def start(self) -> None:
        """Be back, on the same port."""
        self._server = self._background.call(self._listen(self.port))

    async def _listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def _stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _issue(self, table: Table) -> None:
        async with self._changed:
            self._table = table
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
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
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    def close(self) -> None:
        """Stop for good."""
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
