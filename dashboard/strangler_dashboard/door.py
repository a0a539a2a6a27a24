"""The one door: who asks, whether they may, and whether what they send comes from a page of theirs."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from strangler.errors import StranglerError
from strangler_dashboard import answers
from strangler_dashboard.access import NOBODY
from strangler_dashboard.errors import Forbidden
from strangler_dashboard.forms import form_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from strangler_dashboard.access import Access, Visitor
    from strangler_dashboard.addresses import Address

FIELD: Final = "csrf"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ROLES: Final = {
    "look": "viewer",
    "bodies": "exemplars",
    "move": "operator",
    "approve": "approver",
    "administer": "admin",
}


def route(access: Access, address: Address) -> Route:
    """The route of an address, behind the door."""
    return Route(address.path, _guarded(access, address), methods=list(address.methods))


def _guarded(access: Access, address: Address) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            visitor = NOBODY if address.needs == "open" else await access(request)
            _permitted(address, visitor)
            if address.bound and request.method not in _SAFE:
                await _of_theirs(request, visitor)
            return await address.answer(request, visitor)
        except StranglerError as error:
            return answers.failed(request, error)

    return answer


def _permitted(address: Address, visitor: Visitor) -> None:
    if address.needs not in visitor.may:
        raise Forbidden(
            f"{visitor.name} may not do that here",
            remedy=f"it takes the role `{_ROLES[address.needs]}`, or one that includes it",
        )


async def _of_theirs(request: Request, visitor: Visitor) -> None:
    """A page of somebody else can make a browser send a form, but neither a header with a token, nor JSON (without
    asking first, which nobody here grants), nor what only the visitor's own pages say.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if visitor.by == "token" or kind == "application/json":
        return
    said = request.headers.get("x-csrf-token") or (await form_of(request)).get(FIELD, "")
    if not visitor.csrf or not hmac.compare_digest(said.encode(), visitor.csrf.encode()):
        raise Forbidden(
            "this form was not made for this session, so nothing was done",
            remedy="open the page anew and send it from there; logging in or a restart makes earlier forms void",
        )
