"""Who asks, where people log in: a bearer token in the request, or the session of a cookie."""

from __future__ import annotations

import logging
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from strangler.ledger import sessions, tokens
from strangler_dashboard.access import Visitor
from strangler_dashboard.errors import TooMany, Unauthenticated
from strangler_dashboard.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from strangler.config.dashboard import Login
    from strangler.ledger.sessions import Session
    from strangler.ledger.tokens import Token
    from strangler_dashboard.room import Room

_log = logging.getLogger(__name__)

_MS: Final = 1_000_000
_REMEDY: Final = "a token of `strangler token create`, as `Authorization: Bearer …`, or log in at /login"
_LONGEST_SECRET: Final = 200


class Logins:
    """`secure`: whether browsers reach the pages by https; `random`: secrets, so many bytes."""

    def __init__(self, room: Room, login: Login, *, secure: bool, random: Callable[[int], bytes]) -> None:
        self._room, self.login, self.secure, self.random = room, login, secure, random
        self.throttle = Throttle(room.clocks.monotonic)
        self.idle_ns, self.longest_ns = login.idle * _MS, login.longest * _MS

    @property
    def provider(self) -> str:
        """The name of who else vouches for people; empty where nobody does."""
        return urlsplit(self.login.oidc.issuer).netloc if self.login.oidc else ""

    @property
    def cookie(self) -> str:
        """Its name: `__Host-` keeps other names of the same domain from setting it."""
        return "__Host-strangler" if self.secure else "strangler-session"

    async def access(self, request: Request) -> Visitor:
        """Who asks. Raises Unauthenticated, TooMany, and what the ledger raises."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return await self._by_token(request, scheme, secret.strip())
        secret = cookie_of(request, self.cookie)
        session = await self.session(secret) if secret else None
        if session is None:
            raise Unauthenticated("nobody is logged in here", remedy=_REMEDY)
        if request.headers.get("sec-fetch-mode", "navigate") == "navigate":
            await self._seen(session)
        return Visitor(
            session.name, frozenset(session.roles), "session", session.via, secret.encode(), session.hash
        )

    async def token(self, request: Request, secret: str) -> Token:
        """The valid token of this secret. Raises Unauthenticated, TooMany; who is wrong too often waits."""
        address = request.client.host if request.client else ""
        wait = self.throttle.wait_s(address)
        if wait:
            raise TooMany(
                "too many tokens from this address were wrong", wait_s=wait, remedy=f"again in {wait} s"
            )
        found, now_ns = None, self._room.clocks.now_ns()
        if secret.isascii() and len(secret) <= _LONGEST_SECRET:
            found = await self._room.read(lambda connection, _: tokens.find(connection, secret), first=True)
        state = found.state(now_ns) if found else "not known"
        if found is None or state != "valid":
            self.throttle.wrong(address)
            _log.warning("a token that is %s was refused, from %s", state, address or "nowhere")
            raise Unauthenticated(f"the token is {state}", remedy=_REMEDY)
        return found

    async def session(self, secret: str) -> Session | None:
        """Of this cookie, while it lasts."""
        now_ns = self._room.clocks.now_ns()
        return await self._room.read(
            lambda connection, _: sessions.find(connection, secret, now_ns, self.idle_ns), first=True
        )

    async def standing(self, known: frozenset[str]) -> frozenset[str]:
        """Which of these (`Visitor.known`) still let somebody in, by one question. Raises what the ledger raises."""
        now_ns = self._room.clocks.now_ns()
        return await self._room.read(
            lambda connection, _: (
                tokens.valid(connection, known, now_ns)
                | sessions.lasting(connection, known, now_ns, self.idle_ns)
            ),
            first=True,
        )

    def keep(self, response: Response, secret: str) -> None:
        """Put the session into the browser: no script reads it, no other site sends it along with a form."""
        response.set_cookie(self.cookie, secret, path="/", httponly=True, samesite="lax", secure=self.secure)

    def forget(self, response: Response) -> None:
        """Take it out again."""
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="lax", secure=self.secure)

    async def _by_token(self, request: Request, scheme: str, secret: str) -> Visitor:
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated("`Authorization` is no bearer token", remedy=_REMEDY)
        token = await self.token(request, secret)
        return Visitor(
            token.name, frozenset(token.roles), "token", f"token {token.id}", known=tokens.hashed(secret)
        )

    async def _seen(self, session: Session) -> None:
        now_ns = self._room.clocks.now_ns()
        if now_ns - session.seen_ns >= sessions.SEEN_EVERY_NS:
            await self._room.write(lambda connection, _: sessions.seen(connection, session, now_ns))


def cookie_of(request: Request, name: str) -> str:
    """A cookie's value; empty where there is none that can be read."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
