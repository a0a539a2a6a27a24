"""Asks one side as a client would, within limits: a deadline, a largest body, no redirects followed, no decoding."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL

from strangler.errors import UsageError
from strangler.exchange import Failure, FailureReason, Message, Request, Response
from strangler_shadow.destination import Destination, Hop, answer_fields
from strangler_shadow.settings import SideSettings
from strangler_shadow.worker.connections import Connections

_FRAMING: Final = frozenset({b"transfer-encoding", b"content-length", b"expect", b"trailer"})
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods whose requests say nothing about a body they do not have (RFC 9110 section 8.6)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout_ms`: for the whole question. `body`: bytes of the answer's body, as it comes over the wire."""

    timeout_ms: int
    body: int


class Asker:
    """One side, its connections and its limits. `close` it in the end."""

    def __init__(
        self, side: SideSettings, limits: Limits, via: str, ticks_ns: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        """Raises UsageError when the CA file cannot be read. Needs a running event loop."""
        self._destination = Destination(side)
        self._limits = limits
        self._via = via
        self._ticks_ns = ticks_ns
        try:
            context = self._destination.tls_context()
        except OSError as error:
            raise UsageError(f"the CA file cannot be read: {error}", where=side.ca) from error
        host = self._destination.host
        name = f"[{host}]" if ":" in host else host
        origin = URL(f"{'https' if context else 'http'}://{name}:{self._destination.port}")
        connect_ms = min(side.connect_ms, limits.timeout_ms)
        self._connections = Connections(origin, context, connect_ms / 1000)

    async def ask(self, request: Request) -> Response | Failure:
        """The answer, or why there is none. Never raises but CancelledError."""
        started = self._ticks_ns()
        try:
            async with asyncio.timeout(self._limits.timeout_ms / 1000):
                raw = await self._connections.ask(
                    self._question(request), head=request.method == "HEAD", limit=self._limits.body
                )
        except _FAILURES as error:
            reason, detail = _words(error)
            return Failure(reason, detail, self._ticks_ns() - started)
        elapsed = self._ticks_ns() - started
        if raw.body is None:
            return Failure("too-large", f"an answer of more than {self._limits.body} bytes", elapsed)
        fields = answer_fields(raw.fields, status=raw.status)
        said = raw.reason.encode("utf-8", "surrogateescape")
        return Response(raw.status, said, Message(fields, raw.body, len(raw.body)), elapsed)

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()

    def _question(self, request: Request) -> bytes:
        """The request as it goes over the wire. Raises ValueError where a recording's could be read as two."""
        hop = Hop(request.peer, request.scheme, request.authority, self._via)
        body = request.message.body or b""
        lines = [f"{request.method} {self._destination.target(request.target)} HTTP/1.1".encode("latin-1")]
        lines += [
            b"%s: %s" % field
            for field in self._destination.fields(request.message.fields, hop)
            if field[0].lower() not in _FRAMING
        ]
        if body or request.method not in _BODILESS:
            lines.append(b"Content-Length: %d" % len(body))
        head = b"\r\n".join(lines)
        if lines[0].count(b" ") != 2 or head.count(b"\n") >= len(lines) or head.count(b"\r") >= len(lines):
            raise ValueError("a blank in the target, or a line end in a field")
        return b"%s\r\n\r\n%s" % (head, body)


_FAILURES: Final = (aiohttp.ClientError, HttpProcessingError, TimeoutError, OSError, ValueError)

_REASONS: Final[tuple[tuple[type[BaseException], FailureReason], ...]] = (
    (aiohttp.ConnectionTimeoutError, "refused"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "refused"),
    (aiohttp.ClientPayloadError, "reset"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (aiohttp.ClientOSError, "reset"),
    (OSError, "reset"),
)
"""The first that fits; what fits none is not HTTP."""


def _words(error: BaseException) -> tuple[FailureReason, str]:
    fitting: list[FailureReason] = [reason for kind, reason in _REASONS if isinstance(error, kind)]
    reason = fitting[0] if fitting else "malformed"
    return reason, f"{type(error).__name__}: {error}"[:200]
