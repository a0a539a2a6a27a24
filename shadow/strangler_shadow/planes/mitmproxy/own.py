"""What the plane says in its own words, where there is no answer to pass on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from strangler.exchange import FailureReason
from strangler_shadow.planes.mitmproxy.codec import render_fields

_PROXY_ERRORS: Final[dict[FailureReason, str]] = {
    "timeout": "http_response_timeout",
    "refused": "connection_refused",
    "reset": "connection_terminated",
    "malformed": "http_protocol_error",
}
"""What RFC 9209 calls a failure, in Proxy-Status."""


def own_answer(status: int, what: str, reason: FailureReason | None = None) -> bytes:
    """An answer of the plane's own: plain text, one line, and the connection closes."""
    body = f"strangler: {what}\n".encode("utf-8", "replace")
    error = _PROXY_ERRORS.get(reason, "destination_unavailable") if reason else "http_request_error"
    fields = (
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Proxy-Status", f"strangler; error={error}".encode()),
        (b"Connection", b"close"),
    )
    phrase = HTTPStatus(status).phrase.encode()
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, phrase, render_fields(fields), body)
