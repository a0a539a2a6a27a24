"""Logging in and out."""

from __future__ import annotations

import hmac
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response

from strangler.ledger import sessions, tokens
from strangler.ledger.sessions import Session
from strangler_dashboard import answers
from strangler_dashboard.access import bound_to
from strangler_dashboard.addresses import Address
from strangler_dashboard.errors import Forbidden, TooMany, Unauthenticated
from strangler_dashboard.forms import form_of
from strangler_dashboard.logins import cookie_of
from strangler_dashboard.problems import problem_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from strangler.access import Role
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.logins import Logins
    from strangler_dashboard.problems import Problem
    from strangler_dashboard.room import Room

SECRET_BYTES: Final = 32

type Step = Callable[[Request], Awaitable[Response]]
_LONGEST_WAY: Final = 2_000


def addresses(room: Room, logins: Logins) -> tuple[Address, ...]:
    """Where people log in, and out."""
    return (
        Address("/login", "open", partial(_page, logins)),
        # There is no session yet that its form could be bound to: it is bound to the browser, and looked at there.
        Address("/login", "open", partial(_by_token, room, logins), ("POST",), bound=False),
        Address("/logout", "look", partial(_out, room, logins), ("POST",)),
    )


def way_back(said: str) -> str:
    """Where they wanted to go, if that is a page of ours; nothing that a browser would read as another host."""
    plain = said.isascii() and said.isprintable() and "\\" not in said and len(said) <= _LONGEST_WAY
    return said if plain and said.startswith("/") and not said.startswith("//") else "/board"


async def begin(
    room: Room,
    logins: Logins,
    name: str,
    roles: Iterable[Role],
    via: str,
    *,
    token: str = "",
    ends_ns: int = 0,
) -> str:
    """Begin a session; its secret. `ends_ns`: it ends then at the latest, 0 for as the file says."""
    secret = logins.random(SECRET_BYTES).hex()
    now_ns = room.clocks.now_ns()
    longest = now_ns + logins.longest_ns
    session = Session(
        hash=tokens.hashed(secret),
        name=name,
        roles=tuple(roles),
        via=via,
        token=token,
        began_ns=now_ns,
        seen_ns=now_ns,
        ends_ns=min(longest, ends_ns or longest),
    )
    await room.write(lambda connection, _: sessions.begin(connection, secret, session, logins.idle_ns))
    return secret


def before(request: Request, logins: Logins) -> str:
    """What the browser has of us before anybody logged in; empty where it has nothing."""
    return cookie_of(request, _before(logins))


def kept_before(response: Response, logins: Logins, secret: str) -> Response:
    """The answer, with it put into the browser."""
    response.set_cookie(
        _before(logins), secret, path="/", max_age=3_600, httponly=True, samesite="lax", secure=logins.secure
    )
    return response


async def _page(logins: Logins, request: Request, _visitor: Visitor) -> Response:
    return login_form(logins, request, way_back(request.query_params.get("next", "")))


def login_form(logins: Logins, request: Request, back: str, problem: Problem | None = None) -> Response:
    """The login's page."""
    secret = before(request, logins) or logins.random(SECRET_BYTES).hex()
    response = answers.shown(
        request,
        "login.html",
        problem.status if problem else 200,
        problem=problem,
        back=back,
        csrf=bound_to(secret.encode()),
        provider=logins.provider,
    )
    return kept_before(response, logins, secret)


async def _by_token(room: Room, logins: Logins, request: Request, _visitor: Visitor) -> Response:
    form = await form_of(request)
    back = way_back(form.get("next", ""))
    try:
        _of_this_browser(logins, request, form.get("csrf", ""))
        token = await logins.token(request, form.get("token", "").strip())
    except (Forbidden, Unauthenticated, TooMany) as error:
        return answers.waiting(login_form(logins, request, back, problem_of(error)), error)
    via = f"session of token {token.id}"
    secret = await begin(room, logins, token.name, token.roles, via, token=token.id, ends_ns=token.expires_ns)
    return entered(logins, secret, back)


def entered(logins: Logins, secret: str, back: str) -> Response:
    """On to where they wanted to go, logged in."""
    response = RedirectResponse(back, status_code=303)
    logins.keep(response, secret)
    response.delete_cookie(_before(logins), path="/", httponly=True, samesite="lax", secure=logins.secure)
    return response


def _of_this_browser(logins: Logins, request: Request, said: str) -> None:
    expected = bound_to(before(request, logins).encode())
    if not expected or not hmac.compare_digest(said.encode(), expected.encode()):
        raise Forbidden(
            "this form was not made for this browser, so nobody was logged in",
            remedy="send it again from here; it takes cookies",
        )


async def _out(room: Room, logins: Logins, request: Request, visitor: Visitor) -> Response:
    secret, now_ns = cookie_of(request, logins.cookie), room.clocks.now_ns()
    await room.write(
        lambda connection, _: sessions.end(connection, tokens.hashed(secret), visitor.name, now_ns)
    )
    response = RedirectResponse("/login", status_code=303)
    logins.forget(response)
    return response


def _before(logins: Logins) -> str:
    return f"{logins.cookie}-before"
