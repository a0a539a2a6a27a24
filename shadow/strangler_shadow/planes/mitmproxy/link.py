"""One socket, and how it comes to be open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any, Final, Protocol, cast

from mitmproxy.connection import Connection

from strangler.exchange import Side
from strangler_shadow.planes.mitmproxy.plane import Plane

LAG_SECONDS: Final = 0.05
"""How late our own loop may be before a deadline is doubted."""

TIMED_OUT: Final = "timed out"
"""How the words begin for a connection that took too long."""


class Ends(Protocol):
    """Who hears of a socket."""

    def opened(self, link: Link) -> None:
        """It is open."""
        ...

    def received(self, link: Link, data: bytes) -> None:
        """Bytes came."""
        ...

    def ended(self, link: Link) -> None:
        """The peer sends no more."""
        ...

    def lost(self, link: Link, *, cut: bool) -> None:
        """It is gone; `cut`: not closed but reset."""
        ...

    def hold(self, link: Link) -> None:
        """Writing to it is behind."""
        ...

    def resume(self, link: Link) -> None:
        """Writing to it caught up."""
        ...


class Link(asyncio.Protocol):
    """One socket of a session. The client's has no `connection` before it is open."""

    __slots__ = ("connection", "linger", "session", "transport")

    def __init__(self, session: Ends, connection: Connection | None = None) -> None:
        self.session = session
        self.connection: Any = connection  # mitmproxy's Client or Server
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.linger: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open."""
        self.transport = cast("asyncio.Transport", transport)
        self.session.opened(self)

    def data_received(self, data: bytes) -> None:
        """Bytes; while lingering nobody wants them."""
        if self.linger is None:
            self.session.received(self, data)

    def eof_received(self) -> bool:
        """The peer sends no more. It may still read, but not over TLS."""
        if self.linger is not None:
            return False
        self.session.ended(self)
        return self.transport.get_extra_info("ssl_object") is None and not self.transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone."""
        if self.linger is not None:
            self.linger.cancel()
        self.session.lost(self, cut=exc is not None)

    def pause_writing(self) -> None:
        """The peer reads too slowly."""
        self.session.hold(self)

    def resume_writing(self) -> None:
        """It caught up."""
        self.session.resume(self)


async def connect(plane: Plane, side: Side, context: ssl.SSLContext | None, link: Link) -> asyncio.Transport:
    """Open a connection to a side. Raises OSError, whose words say which side and why (TimeoutError is one)."""
    destination = plane.destinations[side]
    seconds = destination.connect_seconds
    try:
        async with plane.doors[side]:
            transport, _ = await patiently(
                plane.loop.create_connection(
                    lambda: link,
                    destination.host,
                    destination.port,
                    ssl=context,
                    server_hostname=destination.host if context else None,
                ),
                seconds,
            )
    except TimeoutError as error:
        raise TimeoutError(f"{TIMED_OUT}: no connection to {side} within {seconds:g} s") from error
    except OSError as error:
        raise OSError(f"no connection to {side}: {error}") from error
    return transport


async def patiently[T](work: Coroutine[None, None, T], seconds: float) -> T:
    """`work` within `seconds`; what came in while the loop was busy is looked at before the time is up.

    Raises TimeoutError.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        for wait in (seconds, LAG_SECONDS):
            await asyncio.wait((task,), timeout=wait)
            if task.done():
                return task.result()
        raise TimeoutError
    finally:
        task.cancel()
