"""The control endpoint.

GET /v1/table?after=G   200 the table as JSON, as soon as its generation is above G; 204 when none came in 25 s
GET /v1/status          200 what control knows, as JSON
GET /metrics            200 the same for Prometheus, as OpenMetrics where that is asked for
GET /readyz             200 where the ledger answers, a worker writes and a table is in force; else 503, with reasons
GET /healthz            200 as long as the process lives
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Final, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from strangler_shadow.control.board import Board
from strangler_shadow.metrics.families import Sample
from strangler_shadow.readiness import Readiness

POLL_SECONDS: Final = 25.0
_JSON: Final = "application/json"


class Told(Protocol):
    """What control knows."""

    def status(self) -> dict[str, Any]:
        """What `/v1/status` answers."""
        ...

    def samples(self) -> Iterable[Sample]:
        """What `/metrics` answers."""
        ...

    def readiness(self) -> Readiness:
        """What `/readyz` answers."""
        ...


def app(board: Board, told: Told, poll_seconds: float = POLL_SECONDS) -> Starlette:
    """The ASGI application."""

    async def table(request: Request) -> Response:
        wanted = request.query_params.get("after", "-1")
        try:
            generation = int(wanted)
        except ValueError:
            return _error(400, f"`after` is a generation, not {wanted!r}")
        body = await _unless_gone(request, board.after(generation, poll_seconds))
        return Response(status_code=204) if body is None else Response(body, media_type=_JSON)

    async def state(_request: Request) -> Response:
        return Response(msgspec.json.encode(told.status()), media_type=_JSON)

    async def metrics(request: Request) -> Response:
        from strangler_shadow.metrics.exposition import exposed

        body, media = exposed(told.samples(), request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media, "cache-control": "no-store"})

    async def ready(_request: Request) -> Response:
        found = told.readiness()
        status = 200 if found.ready else 503
        return Response(msgspec.json.encode(found), status, {"cache-control": "no-store"}, media_type=_JSON)

    async def health(_request: Request) -> Response:
        return Response(b'{"ok":true}', media_type=_JSON)

    return Starlette(
        routes=[
            Route("/v1/table", table),
            Route("/v1/status", state),
            Route("/metrics", metrics),
            Route("/readyz", ready),
            Route("/healthz", health),
        ],
    )


async def _unless_gone(request: Request, answer: Coroutine[Any, Any, bytes | None]) -> bytes | None:
    """The answer, or None as soon as whoever asked is gone: a killed plane waits for nothing any more."""
    waiting = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        for task in (waiting, gone):
            task.cancel()
        await asyncio.gather(waiting, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _error(status: int, what: str) -> Response:
    return Response(msgspec.json.encode({"error": what}), status_code=status, media_type=_JSON)
