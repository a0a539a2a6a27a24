"""The pages as a server: one process, on a socket that is bound already."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Generator
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn

from strangler.errors import UsageError
from strangler.ledger.patience import Patience
from strangler_dashboard.app import app
from strangler_dashboard.errors import NotInstalled
from strangler_dashboard.listening import not_local
from strangler_dashboard.logins import Logins
from strangler_dashboard.room import PATIENCE_S, Clocks, Room
from strangler_dashboard.source import Source

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.config.dashboard import Dashboard
    from strangler_dashboard.addresses import Address

GRACE_SECONDS: Final = 1
CONNECTIONS: Final = 600
"""More than so many at once are answered 503."""
UNHEARD_MS: Final = 60_000
"""A connection that takes nothing of what was sent for so long is over: whoever follows may be gone without a word."""


async def serve(
    file: Path,
    listening: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Answer until told to stop. Raises UsageError and ConfigError where strangler.yaml cannot be used at all."""
    source = Source(file, Patience(PATIENCE_S, time.monotonic))
    config = source.loaded().config.dashboard
    _only_here(listening, config)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # accepted connections have it from here; macOS has none
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
    certificate, key = _certificate(source.loaded())
    room = Room(source, Clocks(time.time_ns, time.monotonic))
    logins = _logins(room, config)
    server = _Server(
        uvicorn.Config(
            app(room, logins, url=config.url or "", more=_vouching(room, logins, source.loaded())),
            ssl_certfile=certificate,
            ssl_keyfile=key,
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


def _logins(room: Room, config: Dashboard) -> Logins | None:
    """What the file says when this starts: who takes the login out of it later opens nothing."""
    if config.login is None:
        return None
    secure = (config.url or "").startswith("https:")
    return Logins(room, config.login, secure=secure, random=secrets.token_bytes)


def _vouching(room: Room, logins: Logins | None, loaded: Loaded) -> tuple[Address, ...]:
    if logins is None or logins.login.oidc is None:
        return ()
    missing = [name for name in ("authlib", "httpx", "joserfc") if find_spec(name) is None]
    if missing:
        raise NotInstalled(
            f"what logs people in by a provider is not installed ({', '.join(missing)})",
            where="dashboard.login.oidc",
            remedy='pip install "strangler[oidc]"',
        )
    from strangler_dashboard.vouched import vouched

    found = vouched(room, logins, loaded)
    return found.addresses() if found else ()


def _only_here(listening: socket.socket, config: Dashboard) -> None:
    host = str(listening.getsockname()[0]).partition("%")[0]
    if (config.login is None or config.url is None) and not ip_address(host).is_loopback:
        raise not_local(host)


def _certificate(loaded: Loaded) -> tuple[str | None, str | None]:
    tls = loaded.config.dashboard.tls
    if tls is None:
        return None, None
    certificate, key = (str(loaded.folder / each) for each in (tls.certificate, tls.key))
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"the certificate of the pages cannot be used: {error}", where="dashboard.tls"
        ) from error
    return certificate, key


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: signals end the process as a whole."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield
