"""The control endpoint.

GET /v1/table?after=G   200 the table as JSON, as soon as its generation is above G; 204 when none came in 25 s
GET /v1/status          200 what control knows, as JSON
GET /healthz            200
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from strangler_shadow.control.board import Board

POLL_SECONDS: Final = 25.0
_JSON: Final = "application/json"


def app(board: Board, status: Callable[[], dict[str, Any]], poll_seconds: float = POLL_SECONDS) -> Starlette:
    """The ASGI application; `status` gives what `/v1/status` answers."""

    async def table(request: Request) -> Response:
        wanted = request.query_params.get("after", "-1")
        try:
            generation = int(wanted)
        except ValueError:
            return _error(400, f"`after` is a generation, not {wanted!r}")
        body = await _unless_gone(request, board.after(generation, poll_seconds))
        return Response(status_code=204) if body is None else Response(body, media_type=_JSON)

    async def state(_request: Request) -> Response:
        return Response(msgspec.json.encode(status()), media_type=_JSON)

    async def health(_request: Request) -> Response:
        return Response(b'{"ok":true}', media_type=_JSON)

    return Starlette(
        routes=[Route("/v1/table", table), Route("/v1/status", state), Route("/healthz", health)],
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
