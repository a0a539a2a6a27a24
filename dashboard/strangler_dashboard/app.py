"""The composition root: every route with what it needs, and what is shared by all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from strangler_dashboard import answers, entrance
from strangler_dashboard.access import everybody_here
from strangler_dashboard.addresses import Address
from strangler_dashboard.api import served as api
from strangler_dashboard.door import route
from strangler_dashboard.forms import body_of
from strangler_dashboard.guard import Guard
from strangler_dashboard.metering import Metering
from strangler_dashboard.rendering import asset
from strangler_dashboard.routes import TABLE, Page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from strangler_dashboard.access import Access, Visitor
    from strangler_dashboard.logins import Logins
    from strangler_dashboard.room import Room

_THEME_BYTES = 200
_YEAR = "public, max-age=31536000, immutable"


def app(
    room: Room,
    logins: Logins | None = None,
    access: Access | None = None,
    url: str = "",
    more: tuple[Address, ...] = (),
) -> ASGIApp:
    """The ASGI application. `logins`: None where nobody logs in, and whoever is on this machine may everything, or what
    `access` says. `url`: how browsers reach it. `more`: further addresses.
    """
    known = logins.access if logins else access or everybody_here()
    room.live.standing = logins.standing if logins else None
    inner = Starlette(
        routes=[route(known, address) for address in (*addresses(room, logins), *more)],
        exception_handlers={HTTPException: _http_problem, Exception: _mistake},
    )
    return Guard(inner, url)


def addresses(room: Room, logins: Logins | None) -> tuple[Address, ...]:
    """Every address with what it needs. What is not among them is not answered."""
    metering = Metering(room)
    return (
        *(entrance.addresses(room, logins) if logins else ()),
        *(address for entry in TABLE for address in _page(room, entry)),
        Address("/", "open", _to_board),
        Address("/events", "look", partial(_events, room)),
        # A theme is kept in the reader's own browser and nowhere else, so its form need not be bound to anybody.
        Address("/theme", "open", _theme, ("POST",), bound=False),
        Address("/static/{name}", "open", _static),
        Address("/metrics", "look", partial(_metrics, metering)),
        Address("/readyz", "open", partial(_ready, metering)),
        Address("/healthz", "open", _health),
        *api.addresses(room),
    )


def _page(room: Room, entry: Page) -> Iterator[Address]:
    """The page and the same as JSON; `.json` goes first, else it would be part of a name."""
    for suffix in (".json", ""):
        yield Address(f"{entry.path}{suffix}", entry.needs, partial(_read, room, entry, bool(suffix)))
    if entry.do is not None:
        yield Address(entry.path, entry.needs, partial(answers.done, room, entry), ("POST",))


async def _read(room: Room, entry: Page, as_json: bool, request: Request, visitor: Visitor) -> Response:
    return await answers.page(room, entry, request, visitor, as_json=as_json)


async def _to_board(_request: Request, _visitor: Visitor) -> Response:
    return RedirectResponse("/board", status_code=303)


async def _events(room: Room, request: Request, visitor: Visitor) -> Response:
    if room.live.full:
        return answers.plain(503, request)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    kind = "text/event-stream"
    if request.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    return StreamingResponse(room.live.follow(visitor.known), headers=headers, media_type=kind)


async def _theme(request: Request, _visitor: Visitor) -> Response:
    """Remember light, dark or whatever the system says; back to where the reader was."""
    form = (await body_of(request, _THEME_BYTES)).decode("latin-1")
    chosen = next((each for each in answers.THEMES if form == f"theme={each}"), "")
    if not chosen:
        return answers.plain(400, request)
    response = Response(status_code=204)
    if "html" in request.headers.get("accept", ""):
        came_from = urlsplit(request.headers.get("referer", ""))
        back = came_from.path if came_from.netloc == request.headers.get("host") else "/board"
        response = RedirectResponse(f"/{back.lstrip('/')}", status_code=303)
    response.set_cookie(answers.COOKIE, chosen, max_age=31_536_000, samesite="strict", httponly=False)
    return response


async def _static(request: Request, _visitor: Visitor) -> Response:
    found = asset(request.path_params["name"])
    if found is None:
        return answers.plain(404, request)
    return Response(found[0], headers={"cache-control": _YEAR, "content-type": found[1]})


async def _health(_request: Request, _visitor: Visitor) -> Response:
    return Response(b'{"ok":true}', media_type="application/json")


async def _metrics(metering: Metering, request: Request, _visitor: Visitor) -> Response:
    from strangler_shadow.metrics.exposition import exposed

    body, media = exposed(await metering.samples(), request.headers.get("accept", ""))
    return Response(body, headers={"content-type": media, "cache-control": "no-store"})


async def _ready(metering: Metering, _request: Request, _visitor: Visitor) -> Response:
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
