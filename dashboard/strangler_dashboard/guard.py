"""What every answer carries, and which requests are answered at all. Plain ASGI: it holds for streams too."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

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
    b'"detail":"these pages do not answer to that name"}'
)
_FOREIGN: Final = (
    b'{"type":"about:blank","title":"Forbidden","status":403,'
    b'"detail":"this was sent by a page of somebody else, so nothing was done"}'
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Around the whole application. `url`: how browsers reach it, where that is not by a name of this machine."""

    def __init__(self, inner: ASGIApp, url: str = "") -> None:
        self._inner = inner
        self._named = urlsplit(url).netloc.lower()

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

        host = _named(scope, b"host")
        ours = {host.lower(), self._named} - {""}
        if not (is_here(host) or (self._named and (host.lower() == self._named or is_number(host)))):
            await _refuse(guarded, 421, _MISDIRECTED)
        elif scope["method"] not in _SAFE and is_foreign(
            _named(scope, b"sec-fetch-site"), _named(scope, b"origin"), ours
        ):
            await _refuse(guarded, 403, _FOREIGN)
        else:
            await self._inner(scope, receive, guarded)


def is_here(host: str) -> bool:
    """Whether a Host field names this machine. A page elsewhere can make a browser ask a loopback address under a name
    of its own (DNS rebinding), and would read the answer.
    """
    name = _without_port(host)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def is_number(host: str) -> bool:
    """Whether a Host field is an IP address: who probes a machine asks for that, and no name can be made to be it."""
    try:
        ip_address(_without_port(host))
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name.strip("[]").lower().removesuffix(".")


def is_foreign(site: str, origin: str, ours: Collection[str]) -> bool:
    """Whether a browser says that a page of somebody else made it send this. What says neither is no browser.

    `site`, `origin`: the fields Sec-Fetch-Site and Origin, empty where there is none. `ours`: names of the pages.
    """
    if site not in ("", "none", "same-origin"):
        return True
    return bool(origin) and urlsplit(origin).netloc.lower() not in ours


async def _refuse(send: Send, status: int, body: bytes) -> None:
    kind = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": body})


def _named(scope: Scope, field: bytes) -> str:
    """A field that is there once; one that is there twice says nothing that can be relied on."""
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == field]
    return found[0] if len(found) == 1 else "twice" if found else ""
