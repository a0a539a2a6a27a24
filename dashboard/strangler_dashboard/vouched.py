"""Logging in by a provider: there, and back."""

from __future__ import annotations

import hmac
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response

from strangler.config.environment import expand
from strangler.errors import UsageError
from strangler_dashboard import entrance
from strangler_dashboard.addresses import Address
from strangler_dashboard.errors import Forbidden, ProviderAway, Unauthenticated
from strangler_dashboard.oidc import Asked, Provider
from strangler_dashboard.problems import problem_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler.config import Loaded
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.logins import Logins
    from strangler_dashboard.room import Room

BACK: Final = "/login/oidc/callback"
UNDER_WAY: Final = 10_000
PATIENCE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Gone:
    """Somebody who went to the provider. `browser`: what their browser has of us; `until`: of the monotonic clock."""

    asked: Asked
    browser: str
    back: str
    until: float


def vouched(room: Room, logins: Logins, loaded: Loaded) -> Vouched | None:
    """Where the file names a provider. Raises UsageError for a secret or certificates that are not there."""
    oidc, url = logins.login.oidc, loaded.config.dashboard.url
    if oidc is None or url is None:
        return None
    ca = str(loaded.folder / oidc.ca) if oidc.ca else None
    try:
        trust = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the CA file cannot be read: {error}", where=ca) from error
    provider = Provider(
        oidc,
        url + BACK,
        expand(oidc.client_secret or ""),
        trust,
        lambda: room.clocks.now_ns() // 1_000_000_000,
    )
    return Vouched(room, logins, provider)


class Vouched:
    """Who went to the provider and is to come back: kept here, so a restart means that they begin again."""

    def __init__(self, room: Room, logins: Logins, provider: Provider) -> None:
        self._room, self._logins, self._provider = room, logins, provider
        self._gone: OrderedDict[str, _Gone] = OrderedDict()

    def addresses(self) -> tuple[Address, ...]:
        """Where they go from, and come back to."""
        return (
            Address("/login/oidc", "open", partial(_answered, self, self.there)),
            Address(BACK, "open", partial(_answered, self, self.back)),
        )

    async def there(self, request: Request) -> Response:
        """To the provider. Raises ProviderAway."""
        random = self._logins.random
        asked = Asked(random(32).hex(), random(32).hex(), random(32).hex())
        browser = entrance.before(request, self._logins) or random(32).hex()
        back = entrance.way_back(request.query_params.get("next", ""))
        where = await self._provider.way(asked)
        self._gone[asked.state] = _Gone(asked, browser, back, self._room.clocks.monotonic() + PATIENCE_S)
        while len(self._gone) > UNDER_WAY:
            self._gone.popitem(last=False)
        return entrance.kept_before(RedirectResponse(where, status_code=303), self._logins, browser)

    async def back(self, request: Request) -> Response:
        """And in. Raises Unauthenticated, Forbidden, ProviderAway."""
        gone = self._gone.pop(request.query_params.get("state", ""), None)
        browser = entrance.before(request, self._logins)
        if (
            gone is None
            or self._room.clocks.monotonic() > gone.until
            or not hmac.compare_digest(browser.encode(), gone.browser.encode())
        ):
            raise Unauthenticated("this login was not begun here, or long ago", remedy="begin again")
        name, roles = await self._provider.person(gone.asked, request.query_params)
        via = f"session of {self._logins.provider}"
        secret = await entrance.begin(self._room, self._logins, name, roles, via)
        return entrance.entered(self._logins, secret, gone.back)

    def refused(self, request: Request, error: Unauthenticated | Forbidden | ProviderAway) -> Response:
        """The login again, and why."""
        return entrance.login_form(self._logins, request, "/board", problem_of(error))


async def _answered(vouched: Vouched, step: entrance.Step, request: Request, _visitor: Visitor) -> Response:
    try:
        return await step(request)
    except (Unauthenticated, Forbidden, ProviderAway) as error:
        return vouched.refused(request, error)
