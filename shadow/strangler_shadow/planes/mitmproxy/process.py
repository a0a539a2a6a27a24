"""The life of a plane process: settings, listening, draining, the end.

It stops when it is told to (SIGTERM, SIGINT) and when its supervisor is gone, which it learns from the end of its
standard input. Then it accepts no more, closes each connection after the answer it owes, hands over what was
captured, and says goodbye to the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from pathlib import Path
from typing import Final

from strangler.exchange import Side
from strangler_shadow.capture import CaptureQueue, Sender, Tally
from strangler_shadow.lifeline import EXIT_USAGE, run
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.session import Session
from strangler_shadow.settings import PlaneSettings
from strangler_shadow.tables import TableClient, Tables

_log = logging.getLogger(__name__)
PINNED: Final = "12.2.3"
BACKLOG: Final = 4_096
IDLE_DRAIN_SECONDS: Final = 1.0
FLUSH_SECONDS: Final = 3.0
SWEEP_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 600.0
HEADER_SECONDS: Final = 60.0


def main() -> int:
    """Run one plane; the exit code."""
    if version("mitmproxy") != PINNED:
        _log.error("mitmproxy %s is installed; this plane is written for %s", version("mitmproxy"), PINNED)
        return EXIT_USAGE
    _raise_file_limit()
    return run("plane", PlaneSettings, serve)


async def serve(settings: PlaneSettings, stop: asyncio.Event) -> None:
    """Carry traffic until told to stop. Raises OSError when it cannot start (the socket, the certificate, a CA)."""
    plane = _plane(settings)
    sessions: set[Session] = set()
    contexts: dict[Side, ssl.SSLContext | None] = {
        side: destination.tls_context() for side, destination in plane.destinations.items()
    }
    sender = Sender(
        settings,
        plane.queue,
        plane.tally,
        generation=lambda: plane.tables.current.generation,
        now_ns=plane.now_ns,
    )
    client = TableClient(plane.tables, settings.control)
    tasks = [plane.loop.create_task(_persist(work)) for work in (sender.run, client.run)]
    tasks.append(plane.loop.create_task(_sweep(plane, sessions)))
    server = await plane.loop.create_server(
        lambda: Session.accept(plane, sessions, contexts),
        sock=_listening(settings.listen_fd),
        ssl=_listener_context(settings),
        backlog=BACKLOG,
    )
    await stop.wait()
    plane.draining = True
    server.close()
    await _drain(plane, sessions)
    await asyncio.sleep(0)  # exchanges of the last answers are queued in the next turn
    await sender.stop(FLUSH_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _plane(settings: PlaneSettings) -> Plane:
    tally = Tally()
    state = Path(settings.state)
    state.mkdir(parents=True, exist_ok=True)
    return Plane(
        settings=settings,
        tables=Tables(state, settings.owner),
        tally=tally,
        queue=CaptureQueue(settings, tally),
        loop=asyncio.get_running_loop(),
    )


def _listening(fd: int) -> socket.socket:
    listening = socket.socket(fileno=fd)
    listening.setblocking(False)
    return listening


def _listener_context(settings: PlaneSettings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key)
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _sweep(plane: Plane, sessions: set[Session]) -> None:
    """Close connections that nobody uses, and those that never get to the end of a header."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        now = plane.loop.time()
        for session in list(sessions):
            silent = now - session.last_activity
            if silent > IDLE_SECONDS and session.idle:
                session.retire()
            elif silent > HEADER_SECONDS and session.waits_for_header:
                session.cut()


async def _drain(plane: Plane, sessions: set[Session]) -> None:
    """Let open requests end.

    An idle connection is closed once it has been silent for a moment: a request on its way still finds it open.
    """
    loop = plane.loop
    started = loop.time()
    deadline = started + plane.settings.drain_ms / 1000
    patience = min(IDLE_DRAIN_SECONDS, plane.settings.drain_ms / 4000)
    while sessions and loop.time() < deadline:
        for session in list(sessions):
            if session.idle and loop.time() - max(session.last_activity, started) > patience:
                session.retire()
        await asyncio.sleep(0.02)
    for session in list(sessions):
        session.cut()


async def _persist(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Traffic goes on whatever happens to a side task; it is started again."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001  a fault of ours must not end traffic
            _log.exception("a task of the plane failed and is started again")
            await asyncio.sleep(1)
        else:
            return


def _raise_file_limit() -> None:
    """Two sockets a connection: take what the system gives."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else max(soft, 65_536), hard)
        )
