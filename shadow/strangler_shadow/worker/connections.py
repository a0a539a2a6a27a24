"""One side's connections: aiohttp's pool, TLS and parser, without the client that stands on them.

`ClientSession` spends two thirds of a question on what the worker has no use for (cookies, redirects, automatic
fields, a URL object and three objects more per request) and writes fields as text, so bytes that are no UTF-8 do not
come through. Here a question is bytes. What is used of aiohttp is what `ClientSession` itself uses of it.
"""

from __future__ import annotations

import asyncio
from ssl import SSLContext
from typing import Final

import msgspec
from aiohttp import (
    ClientConnectorError,
    ClientOSError,
    ClientRequest,
    ClientTimeout,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from strangler.exchange import Fields

_HEADER_LIMIT: Final = 128 << 10
_MAX_FIELDS: Final = 1_000
_SWITCHING: Final = 101


class Raw(msgspec.Struct, frozen=True):
    """An answer as it came over the wire; `body` is None when it has more bytes than were asked for."""

    status: int
    reason: str
    fields: Fields
    body: bytes | None


class Connections:
    """Kept connections to one origin. `close` them in the end."""

    def __init__(self, origin: URL, tls: SSLContext | None, connect_seconds: float) -> None:
        """Needs a running event loop."""
        # The worker limits what is under way; the pool must not queue behind its back.
        self._pool = TCPConnector(limit=0, ssl=tls or True, ttl_dns_cache=30)
        self._origin = ClientRequest("GET", origin, loop=asyncio.get_running_loop())
        self._timeout = ClientTimeout(total=None, sock_connect=connect_seconds)

    async def ask(self, question: bytes, *, head: bool, limit: int) -> Raw:
        """Send a whole request and read its answer. `head`: it asks for a head only. `limit`: bytes of the body.

        Asks once more where a kept connection had been closed meanwhile: what is shadowed only reads. Raises
        aiohttp's errors and its `HttpProcessingError`.
        """
        try:
            return await self._once(question, head, limit)
        except ClientConnectorError:
            raise
        except (ServerDisconnectedError, ClientOSError):
            return await self._once(question, head, limit)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def _once(self, question: bytes, head: bool, limit: int) -> Raw:
        try:
            connection = await self._pool.connect(self._origin, [], self._timeout)
        except TimeoutError as error:
            raise ConnectionTimeoutError(f"no connection to {self._origin.url} in time") from error
        try:
            handler = _sent(connection, question, head=head)
            message, payload = await _final(handler)
            body = await _body(payload, limit)
        except BaseException:
            connection.close()
            raise
        if body is None:
            connection.close()
        else:
            connection.release()
        return Raw(message.code, message.reason, message.raw_headers, body)


def _sent(connection: Connection, question: bytes, *, head: bool) -> ResponseHandler:
    handler, transport = connection.protocol, connection.transport
    if handler is None or transport is None:
        raise ServerDisconnectedError
    handler.set_response_params(
        skip_payload=head,
        read_until_eof=True,
        auto_decompress=False,
        max_line_size=_HEADER_LIMIT,
        max_field_size=_HEADER_LIMIT,
        max_headers=_MAX_FIELDS,
    )
    transport.write(question)
    return handler


async def _final(handler: ResponseHandler) -> tuple[RawResponseMessage, StreamReader]:
    """The answer, past those that only inform."""
    while True:
        message, payload = await handler.read()
        if message.code >= 200 or message.code == _SWITCHING:
            return message, payload


async def _body(payload: StreamReader, limit: int) -> bytes | None:
    pieces: list[bytes] = []
    size = 0
    while piece := await payload.readany():
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
