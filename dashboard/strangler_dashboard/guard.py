"""What every answer carries, and which requests are answered at all. Plain ASGI: it holds for streams too."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_MISDIRECTED: Final = (
    b'{"type":"about:blank","title":"Misdirected Request","status":421,'
    b'"detail":"these pages answer to the names of this machine alone"}'
)


class Guard:
    """Around the whole application."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(each for each in HEADERS if each[0] not in known),
                ]
            await send(message)

        if is_here(_host(scope)):
            await self._inner(scope, receive, guarded)
            return
        kind = [(b"content-type", b"application/problem+json")]
        await guarded({"type": "http.response.start", "status": 421, "headers": kind})
        await guarded({"type": "http.response.body", "body": _MISDIRECTED})


def is_here(host: str) -> bool:
    """Whether a Host field names this machine. A page elsewhere can make a browser ask a loopback address under a name
    of its own (DNS rebinding), and would read the answer.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.strip("[]").lower().removesuffix(".")
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _host(scope: Scope) -> str:
    named = [value for name, value in scope["headers"] if name == b"host"]
    return named[0].decode("latin-1") if len(named) == 1 else ""
