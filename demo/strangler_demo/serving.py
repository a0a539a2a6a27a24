"""What both services do alike around their own work: listen, say where, stop cleanly, and speak HTTP.

A service prints one JSON line once it listens (`{"service", "port", "pid", …}`) and leaves with 0 on
SIGTERM or SIGINT. `--port 0` binds a free port; `--fd N` takes a listening socket over from the parent, which
is how a redeploy keeps its port and loses no connection.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final

import msgspec
import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler

from strangler_demo.child import add_tied, listening_socket, when_parent_ends
from strangler_demo.requests import Unusable

_DRAIN_MS: Final = 250
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def arguments(name: str) -> argparse.ArgumentParser:
    """The options that every service of the demo has."""
    parser = argparse.ArgumentParser(prog=f"python -m strangler_demo.{name}")
    parser.add_argument("--db", required=True, help="the service's SQLite file, or the URL of its database")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    where.add_argument("--fd", type=int, help="a listening socket inherited from the parent")
    parser.add_argument("--standby", action="store_true", help="accept no connection before SIGUSR1")
    add_tied(parser)
    return parser


def serve(app: web.Application, options: argparse.Namespace, announced: Callable[[int], None]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is under way (at most two seconds)."""
    uvloop.run(_serve(app, options, announced))


async def _serve(app: web.Application, options: argparse.Namespace, announced: Callable[[int], None]) -> None:
    sock = listening_socket(options.port, options.fd)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if options.tied:
        when_parent_ends(lambda: loop.call_soon_threadsafe(stop.set))
    app.on_response_prepare.append(_last_of_its_connection(stop))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.SockSite(runner, sock)
    called = asyncio.Event()
    if options.standby:
        # Before anybody hears that this process is up: an unheard SIGUSR1 would end it.
        loop.add_signal_handler(signal.SIGUSR1, called.set)
    else:
        called.set()
    accepting = asyncio.create_task(_accept(site, called))
    announced(int(sock.getsockname()[1]))
    await stop.wait()
    accepting.cancel()
    if site in runner.sites:
        await _drain(site)
    await runner.cleanup()
    sock.close()


async def _accept(site: web.SockSite, called: asyncio.Event) -> None:
    """In standby the predecessor on the same socket answers until SIGUSR1 says that it begins to drain."""
    await called.wait()
    await site.start()


async def _drain(site: web.SockSite) -> None:
    """Accepts nothing more, and gives open connections the time for a last request, answered with `close`.

    Closing a kept connection at once would reset the request that is just on its way.
    """
    await site.stop()
    await asyncio.sleep(_DRAIN_MS / 1000)


def _last_of_its_connection(
    stopping: asyncio.Event,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def mark(_request: web.Request, response: web.StreamResponse) -> None:
        if stopping.is_set():
            response.headers["Connection"] = "close"
            response.force_close()

    return mark


def json_answer(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer; `Decimal`s are numbers with exactly their digits."""
    return web.Response(
        body=_ENCODER.encode(document), status=status, content_type="application/json", headers=headers
    )


def missing(what: str) -> web.Response:
    """404."""
    return json_answer({"error": f"no such {what}"}, 404)


def key_of(request: web.Request) -> int | None:
    """The `{id}` of the path as an integer; None when it cannot be one, which is a 404 as well."""
    text = request.match_info["id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def run_of(request: web.Request) -> tuple[date, str, int]:
    """Day, country and batch of an invoice run. Raises `Unusable`."""
    try:
        day = date.fromisoformat(request.match_info["day"])
        return day, request.query["country"], int(request.query["batch"])
    except (KeyError, ValueError):
        raise Unusable("an invoice run has a day (2026-05-17), a country and a batch") from None


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """`Unusable` becomes 422 with its text."""
    try:
        return await handler(request)
    except Unusable as refusal:
        return json_answer({"error": str(refusal)}, 422)
