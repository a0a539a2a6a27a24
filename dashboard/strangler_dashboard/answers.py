"""From a request to its answer: read, encode, compare with what the client has, render."""

from __future__ import annotations

import hashlib
import logging
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response

from strangler.access import ROLES
from strangler.errors import StranglerError
from strangler_dashboard.errors import TooMany, Unauthenticated
from strangler_dashboard.forms import form_of
from strangler_dashboard.models.board import is_working
from strangler_dashboard.problems import Problem, of_status, problem_of
from strangler_dashboard.rendering import assets_version, rendered
from strangler_dashboard.routes import TABLE, Asked, Page

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler_dashboard.access import Visitor
    from strangler_dashboard.room import Room

_log = logging.getLogger(__name__)

THEMES: Final = ("auto", "light", "dark")
COOKIE: Final = "strangler-theme"
_AGAIN_S: Final = "10"
_JSON: Final = "application/json"
_REVALIDATE: Final = {"cache-control": "private, no-cache"}


class Frame(msgspec.Struct, frozen=True):
    """What stands around every page: what nobody may miss, who reads it, and what their forms carry."""

    overridden: bool = False
    working: bool = True
    problem: str = ""
    theme: str = "auto"
    who: str = ""
    roles: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    session: bool = False
    csrf: str = ""


async def page(room: Room, entry: Page, request: Request, visitor: Visitor, *, as_json: bool) -> Response:
    """A page's answer, or the problem in its place."""
    try:
        view = await entry.read(room, Asked(request.path_params, request.query_params, visitor))
        if as_json:
            return _tagged(request, msgspec.json.encode(view), "json")
        frame = await _frame(room, request, visitor)
    except Exception as error:  # noqa: BLE001  the boundary: whatever it is, it is told in words and logged once
        return failed(request, error)
    body = msgspec.json.encode([view, frame])
    return _tagged(request, body, "html", lambda: _html(entry, view, frame, request))


async def done(room: Room, entry: Page, request: Request, visitor: Visitor) -> Response:
    """Do what a page's form says, and on to where it is to be seen. What was refused is said above the form, which
    keeps what was typed.
    """
    asked, form = Asked(request.path_params, request.query_params, visitor), await form_of(request)
    try:
        where = await entry.do(room, asked, form) if entry.do else entry.path
    except StranglerError as error:
        problem = problem_of(error)
        if not _for_a_person(request):
            return refused(request, problem)
        view, frame = await entry.read(room, asked), await _frame(room, request, visitor)
        said = {"problem": problem, "said": form, "gate": getattr(error, "gate", None)}
        text = _html(entry, view, frame, request, **said)
        return Response(text, problem.status, {"cache-control": "no-store"}, media_type="text/html")
    return RedirectResponse(where, status_code=303)


def refused(request: Request, problem: Problem) -> Response:
    """A problem, for a program or for a person, by what was asked for."""
    later = {"cache-control": "no-store"} | ({"retry-after": _AGAIN_S} if problem.status == 503 else {})
    if not _for_a_person(request):
        body = msgspec.json.encode(problem)
        return Response(body, problem.status, later, media_type="application/problem+json")
    text = rendered(
        "problem.html", {**_around("", Frame(theme=theme_of(request)), request), "problem": problem}
    )
    return Response(text, problem.status, later, media_type="text/html")


def _for_a_person(request: Request) -> bool:
    wants, path = request.headers.get("accept", "*/*"), request.url.path
    program = path.startswith("/api/") or path.endswith(".json")
    return not program and ("html" in wants or "*/*" in wants)


def failed(request: Request, error: Exception) -> Response:
    """An error as an answer; one that is no error of ours to tell is logged. A person who is not known goes to the
    login.
    """
    if not isinstance(error, StranglerError):
        _log.error("an answer could not be made", exc_info=error)
    browses = "html" in request.headers.get("accept", "") and _for_a_person(request)
    if isinstance(error, Unauthenticated) and request.method in ("GET", "HEAD") and browses:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?{urlencode({'next': request.url.path + query})}", status_code=303)
    return waiting(refused(request, problem_of(error)), error)


def waiting(response: Response, error: Exception) -> Response:
    """The answer with what HTTP wants to be said of this error beside it."""
    if isinstance(error, Unauthenticated):
        response.headers["www-authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        response.headers["retry-after"] = str(error.wait_s)
    return response


def shown(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page that is no view of the ledger: nobody keeps it, and it has no JSON."""
    around = {**_around("", Frame(theme=theme_of(request)), request), "navigation": (), "as_json": ""}
    text = rendered(template, {**around, **context})
    return Response(text, status, {"cache-control": "no-store"}, media_type="text/html")


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


async def _frame(room: Room, request: Request, visitor: Visitor) -> Frame:
    taken = await room.snapshot.get()
    return Frame(
        overridden=room.override(taken.loaded) is not None,
        working=is_working(taken),
        problem=taken.standing.file_problem,
        theme=theme_of(request),
        who=visitor.name,
        roles=tuple(each for each in ROLES if each in visitor.roles),
        may=tuple(sorted(visitor.may)),
        session=visitor.by == "session",
        csrf=visitor.csrf,
    )


def _html(entry: Page, view: msgspec.Struct, frame: Frame, request: Request, **more: Any) -> bytes:
    around = {"problem": None, "said": {}, "gate": None, **_around(entry.name, frame, request)}
    return rendered(f"{entry.name}.html", {**around, **more, "view": view}).encode()


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
