"""The pages as a server: one process, on a socket that is bound already."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import uvicorn

from strangler.ledger.patience import Patience
from strangler_dashboard.access import everybody_here
from strangler_dashboard.app import app
from strangler_dashboard.room import PATIENCE_S, Clocks, Room
from strangler_dashboard.source import Source

GRACE_SECONDS: Final = 1
CONNECTIONS: Final = 600
"""More than so many at once are answered 503."""


async def serve(
    file: Path,
    listening: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Answer until told to stop. Raises UsageError and ConfigError where strangler.yaml cannot be used at all."""
    patience = Patience(PATIENCE_S, time.monotonic)
    room = Room(Source(file, patience), Clocks(time.time_ns, time.monotonic))
    server = _Server(
        uvicorn.Config(
            app(room, everybody_here),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    ended = asyncio.create_task(stop.wait())
    try:
        if on_ready is not None:
            on_ready()
        await asyncio.wait((answering, ended), return_when=asyncio.FIRST_COMPLETED)
    finally:
        room.close()
        server.should_exit = True
        ended.cancel()
        await asyncio.gather(answering, ended, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: signals end the process as a whole."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
