"""The composition root: every route with what it needs, and what is shared by all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from strangler_dashboard import answers
from strangler_dashboard.guard import Guard
from strangler_dashboard.metering import Metering
from strangler_dashboard.rendering import asset
from strangler_dashboard.routes import TABLE, Page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from strangler_dashboard.access import Access
    from strangler_dashboard.room import Room

type Answer = Callable[[Request], Awaitable[Response]]

_YEAR = "public, max-age=31536000, immutable"


def app(room: Room, access: Access) -> ASGIApp:
    """The ASGI application."""
    metering = Metering(room)
    routes = [route for entry in TABLE for route in _page(room, access, entry)]
    routes += [
        Route("/", _to_board),
        Route("/events", partial(_events, room, access)),
        Route("/theme", _theme, methods=["POST"]),
        Route("/static/{name}", _static),
        Route("/metrics", partial(_metrics, metering, access)),
        Route("/readyz", partial(_ready, metering)),
        Route("/healthz", _health),
    ]
    inner = Starlette(routes=routes, exception_handlers={HTTPException: _http_problem, Exception: _mistake})
    return Guard(inner)


def _page(room: Room, access: Access, entry: Page) -> list[Route]:
    """The page and the same as JSON; `.json` goes first, else it would be part of a name."""

    def made(*, as_json: bool) -> Answer:
        async def answer(request: Request) -> Response:
            return await answers.page(room, access, entry, request, as_json=as_json)

        return answer

    return [Route(f"{entry.path}.json", made(as_json=True)), Route(entry.path, made(as_json=False))]


async def _to_board(_request: Request) -> Response:
    return RedirectResponse("/board", status_code=303)


async def _events(room: Room, access: Access, request: Request) -> Response:
    if "look" not in access(request):
        return answers.plain(403, request)
    if room.live.full:
        return answers.plain(503, request)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(room.live.follow(), headers=headers, media_type="text/event-stream")


async def _theme(request: Request) -> Response:
    """Remember light, dark or whatever the system says; back to where the reader was."""
    form = (await request.body())[:200].decode("latin-1")
    chosen = next((each for each in answers.THEMES if form == f"theme={each}"), "")
    if not chosen or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return answers.plain(400, request)
    response = Response(status_code=204)
    if "html" in request.headers.get("accept", ""):
        came_from = urlsplit(request.headers.get("referer", ""))
        back = came_from.path if came_from.netloc == request.headers.get("host") else "/board"
        response = RedirectResponse(f"/{back.lstrip('/')}", status_code=303)
    response.set_cookie(answers.COOKIE, chosen, max_age=31_536_000, samesite="strict", httponly=False)
    return response


async def _static(request: Request) -> Response:
    found = asset(request.path_params["name"])
    if found is None:
        return answers.plain(404, request)
    return Response(found[0], headers={"cache-control": _YEAR, "content-type": found[1]})


async def _health(_request: Request) -> Response:
    return Response(b'{"ok":true}', media_type="application/json")


async def _metrics(metering: Metering, access: Access, request: Request) -> Response:
    if "look" not in access(request):
        return answers.plain(403, request)
    from strangler_shadow.metrics.exposition import exposed

    body, media = exposed(await metering.samples(), request.headers.get("accept", ""))
    return Response(body, headers={"content-type": media, "cache-control": "no-store"})


async def _ready(metering: Metering, _request: Request) -> Response:
    found = await metering.readiness()
    status = 200 if found.ready else 503
    return Response(
        msgspec.json.encode(found), status, {"cache-control": "no-store"}, media_type="application/json"
    )


async def _http_problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = answers.plain(status, request)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


async def _mistake(request: Request, _error: Exception) -> Response:
    return answers.plain(500, request)
