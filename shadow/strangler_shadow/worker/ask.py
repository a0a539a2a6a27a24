"""Asks one side as a client would, within limits: a deadline, a largest body, no redirects followed, no decoding."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from strangler.errors import UsageError
from strangler.exchange import Failure, FailureReason, Message, Request, Response
from strangler_shadow.destination import Destination, Hop, answer_fields
from strangler_shadow.settings import SideSettings

_HEADER_LIMIT: Final = 128 << 10
_MAX_FIELDS: Final = 1_000
_READ: Final = 64 << 10
_AUTOMATIC: Final = frozenset({"User-Agent", "Accept", "Accept-Encoding", "Content-Type"})
_FRAMING: Final = frozenset({b"transfer-encoding", b"content-length", b"expect", b"trailer"})
_RETRIED: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""What aiohttp itself sends again when a kept connection turns out to be closed (RFC 9110 section 9.2.2)."""


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
        self._root = f"{'https' if context else 'http'}://{name}:{self._destination.port}"
        self._session = aiohttp.ClientSession(
            # The worker limits what is under way; the connector must not queue behind its back.
            connector=aiohttp.TCPConnector(limit=0, ssl=context or True, ttl_dns_cache=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_AUTOMATIC,
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
            max_headers=_MAX_FIELDS,
            timeout=aiohttp.ClientTimeout(
                total=limits.timeout_ms / 1000, sock_connect=min(side.connect_ms, limits.timeout_ms) / 1000
            ),
        )

    async def ask(self, request: Request) -> Response | Failure:
        """The answer, or why there is none. Never raises but CancelledError."""
        started = self._ticks_ns()
        try:
            return await self._once(request, started)
        except aiohttp.ServerDisconnectedError as error:
            if request.method in _RETRIED:
                return self._failure(error, started)
        except _FAILURES as error:
            return self._failure(error, started)
        # A kept connection that the server had closed meanwhile. What is shadowed only reads, whatever its method.
        try:
            return await self._once(request, started)
        except _FAILURES as error:
            return self._failure(error, started)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _failure(self, error: Exception, started: int) -> Failure:
        reason, detail = _words(error)
        return Failure(reason, detail, self._ticks_ns() - started)

    async def _once(self, request: Request, started: int) -> Response | Failure:
        url = URL(self._root + self._destination.target(request.target), encoded=True)
        async with self._session.request(
            request.method,
            url,
            headers=self._headers(request),
            data=request.message.body or None,
            allow_redirects=False,
        ) as answer:
            body = await self._body(answer)
            elapsed = self._ticks_ns() - started
            if body is None:
                answer.close()
                return Failure("too-large", f"an answer of more than {self._limits.body} bytes", elapsed)
            fields = answer_fields(answer.raw_headers, status=answer.status)
            reason = (answer.reason or "").encode("utf-8", "surrogateescape")
            return Response(answer.status, reason, Message(fields, body, len(body)), elapsed)

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        hop = Hop(request.peer, request.scheme, request.authority, self._via)
        fields = self._destination.fields(request.message.fields, hop)
        sent = [field for field in fields if field[0].lower() not in _FRAMING]
        try:
            return [(name.decode(), value.decode()) for name, value in sent]
        except UnicodeDecodeError:
            # aiohttp writes header text as UTF-8: bytes that are none cannot be sent as they were.
            return [(name.decode("latin-1"), _text(value)) for name, value in sent]

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes | None:
        length = answer.content_length
        if length is not None and length <= self._limits.body:
            return await answer.read()
        pieces: list[bytes] = []
        size = 0
        async for piece in answer.content.iter_any():
            size += len(piece)
            if size > self._limits.body:
                return None
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


_FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)

_REASONS: Final[tuple[tuple[type[BaseException], FailureReason], ...]] = (
    (aiohttp.ConnectionTimeoutError, "refused"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "refused"),
    (aiohttp.ClientPayloadError, "reset"),
    (aiohttp.ServerDisconnectedError, "reset"),
    (aiohttp.ClientOSError, "reset"),
    (aiohttp.ClientResponseError, "malformed"),
    (OSError, "reset"),
)
"""The first that fits; what fits none is not HTTP."""


def _words(error: BaseException) -> tuple[FailureReason, str]:
    fitting: list[FailureReason] = [reason for kind, reason in _REASONS if isinstance(error, kind)]
    reason = fitting[0] if fitting else "malformed"
    return reason, f"{type(error).__name__}: {error}"[:200]
