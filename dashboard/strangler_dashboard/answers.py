"""From a request to its answer: read, encode, compare with what the client has, render."""

from __future__ import annotations

import hashlib
import logging
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response

from strangler.errors import StranglerError
from strangler_dashboard.errors import Forbidden
from strangler_dashboard.models.board import is_working
from strangler_dashboard.problems import Problem, of_status, problem_of
from strangler_dashboard.rendering import assets_version, rendered
from strangler_dashboard.routes import TABLE, Asked, Page

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler_dashboard.access import Access, Permission
    from strangler_dashboard.room import Room

_log = logging.getLogger(__name__)

THEMES: Final = ("auto", "light", "dark")
COOKIE: Final = "strangler-theme"
_AGAIN_S: Final = "10"
_JSON: Final = "application/json"
_REVALIDATE: Final = {"cache-control": "private, no-cache"}


class Frame(msgspec.Struct, frozen=True):
    """What stands around every page: what nobody may miss."""

    overridden: bool = False
    working: bool = True
    problem: str = ""
    theme: str = "auto"


async def page(room: Room, access: Access, entry: Page, request: Request, *, as_json: bool) -> Response:
    """A page's answer, or the problem in its place."""
    try:
        may = _allowed(access, entry, request)
        view = await entry.read(room, Asked(request.path_params, request.query_params, may))
        if as_json:
            return _tagged(request, msgspec.json.encode(view), "json")
        frame = await _frame(room, request)
    except Exception as error:  # noqa: BLE001  the boundary: whatever it is, it is told in words and logged once
        return refused(request, _told(error))
    body = msgspec.json.encode([view, frame])
    return _tagged(request, body, "html", lambda: _html(entry, view, frame, request))


def _allowed(access: Access, entry: Page, request: Request) -> frozenset[Permission]:
    may = access(request)
    if entry.needs not in may:
        raise Forbidden("whoever asks may not see this")
    return may


def refused(request: Request, problem: Problem) -> Response:
    """A problem, for a program or for a person, by what was asked for."""
    wants = request.headers.get("accept", "*/*")
    later = {"cache-control": "no-store"} | ({"retry-after": _AGAIN_S} if problem.status == 503 else {})
    if request.url.path.endswith(".json") or ("html" not in wants and "*/*" not in wants):
        body = msgspec.json.encode(problem)
        return Response(body, problem.status, later, media_type="application/problem+json")
    text = rendered(
        "problem.html", {**_around("", Frame(theme=theme_of(request)), request), "problem": problem}
    )
    return Response(text, problem.status, later, media_type="text/html")


def plain(status: int, request: Request) -> Response:
    """What HTTP itself refuses."""
    return refused(request, of_status(status))


def theme_of(request: Request) -> str:
    """What the reader chose; `auto` follows the system."""
    try:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return "auto"
    chosen = cookies[COOKIE].value if COOKIE in cookies else "auto"
    return chosen if chosen in THEMES else "auto"


async def _frame(room: Room, request: Request) -> Frame:
    taken = await room.snapshot.get()
    return Frame(
        overridden=room.override(taken.loaded) is not None,
        working=is_working(taken),
        problem=taken.standing.file_problem,
        theme=theme_of(request),
    )


def _html(entry: Page, view: msgspec.Struct, frame: Frame, request: Request) -> bytes:
    return rendered(f"{entry.name}.html", {**_around(entry.name, frame, request), "view": view}).encode()


def _around(name: str, frame: Frame, request: Request) -> dict[str, Any]:
    query = f"?{request.url.query}" if request.url.query else ""
    return {
        "here": name,
        "frame": frame,
        "navigation": [each for each in TABLE if each.title],
        "as_json": f"{request.url.path}.json{query}",
    }


def _tagged(request: Request, body: bytes, form: str, render: Any = None) -> Response:
    digest = hashlib.sha256(body + assets_version().encode()).hexdigest()[:32]
    tag = f'W/"{digest}-{form}"'
    headers = {**_REVALIDATE, "etag": tag, "vary": "Cookie"}
    asked = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in asked.split(",")}:
        return Response(status_code=304, headers=headers)
    if render is None:
        return Response(body, headers=headers, media_type=_JSON)
    return Response(render(), headers=headers, media_type="text/html")


def _told(error: Exception) -> Problem:
    if not isinstance(error, StranglerError):
        _log.exception("a page could not be made")
    return problem_of(error)
