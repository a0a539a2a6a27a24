"""The planes' end of the worker: a unix socket that takes frames and answers nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import msgspec

from strangler.exchange import Exchange
from strangler_shadow.wire import Captured, Frame, FrameBuffer, Goodbye, Heartbeat, Hello
from strangler_shadow.worker.streams import Stream, Streams

_log = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """One plane's connection. What is not a frame ends it; the plane connects again and what was lost is a gap."""

    def __init__(self, streams: Streams, receive: Callable[[Stream, Exchange], None]) -> None:
        self._streams = streams
        self._receive = receive
        self._frames = FrameBuffer()
        self._stream: Stream | None = None
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        try:
            for frame in self._frames.feed(data):
                self._take(frame)
        except (ValueError, msgspec.MsgspecError) as error:
            _log.warning("a plane sent what is no frame (%s); its connection is closed", error)
            if self._transport is not None:
                self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the protocol's signature
        """See asyncio."""
        if self._stream is not None:
            self._streams.disconnected(self._stream)

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, Hello):
            self._stream = self._streams.hello(frame)
            return
        stream = self._stream
        if stream is None:
            raise ValueError("no Hello")
        if isinstance(frame, Captured):
            self._receive(stream, frame.exchange)
        elif isinstance(frame, Heartbeat):
            self._streams.heartbeat(stream, frame)
        elif isinstance(frame, Goodbye):
            self._streams.goodbye(stream, frame)


async def listen(fd: int, streams: Streams, receive: Callable[[Stream, Exchange], None]) -> asyncio.Server:
    """Take planes from an inherited, listening unix socket."""
    listening = socket.socket(fileno=fd)
    listening.setblocking(False)
    return await asyncio.get_running_loop().create_unix_server(
        lambda: Connection(streams, receive), sock=listening
    )
