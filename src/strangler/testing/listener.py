"""What fakes that listen have in common: a server that comes and goes, and connections that are cut with it."""

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod

from strangler.testing.background import Background
from strangler.testing.closing import Closing


class Listener(Closing):
    """Listens from `start` to `stop`, as often as wanted. `connections`: how many came so far."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._writers)

    def start(self) -> None:
        """Listen."""
        self._server = self._background.call(self._bind())

    def stop(self) -> None:
        """Cut every connection, refuse new ones: what listened was killed."""
        self._background.call(self._cut())

    def close(self) -> None:
        """Stop for good."""
        self.stop()

    @abstractmethod
    async def _bind(self) -> asyncio.Server:
        """A server that hands its connections to `_accept`."""

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the peer went away, or the fake is being stopped: both are part of the game
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()


class TcpListener(Listener):
    """Listens on 127.0.0.1. `port`: a free one if none is named, and the same again after every `start`."""

    def __init__(self, background: Background, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(background)
        self.port = port
        self._tls = tls
        self.start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def _bind(self) -> asyncio.Server:
        server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, backlog=4_096, ssl=self._tls
        )
        self.port = server.sockets[0].getsockname()[1]
        return server
