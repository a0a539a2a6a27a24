"""From a request for the API to its answer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from strangler_dashboard.api.asking import JSON, check_accepts, has_already, parameters
from strangler_dashboard.api.endpoint import Call
from strangler_dashboard.api.problems import answered

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler_dashboard.access import Visitor
    from strangler_dashboard.api.endpoint import Read
    from strangler_dashboard.room import Room

_REVALIDATE: Final = {"cache-control": "private, no-cache", "vary": "Accept, Authorization, Cookie"}


async def read(room: Room, entry: Read, request: Request, visitor: Visitor) -> Response:
    """What it asks for, 304 where it has that already, or the problem in its place."""
    try:
        check_accepts(request)
        call = Call(request.path_params, parameters(request, entry.query), visitor)
        view = await entry.read(room, call)
    except Exception as error:  # noqa: BLE001  the boundary: whatever it is, it is told in words and logged once
        return answered(error)
    return tagged(request, msgspec.json.encode(view), _links(request, view))


def tagged(request: Request, body: bytes, more: dict[str, str] | None = None) -> Response:
    """A representation with its ETag."""
    tag = tag_of(body)
    headers = {**_REVALIDATE, "etag": tag, **(more or {})}
    if has_already(request, tag):
        return Response(status_code=304, headers=headers)
    response = Response(body, headers=headers, media_type=JSON)
    if request.method == "HEAD":
        response.body = b""  # the length that stands in the header stays that of GET (RFC 9110 section 9.3.2)
    return response


def tag_of(body: bytes) -> str:
    """A strong one: the same bytes, and only they, have it."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _links(request: Request, view: msgspec.Struct) -> dict[str, str]:
    """Where the next page is (RFC 8288)."""
    following = getattr(view, "following", None)
    if following is None:
        return {}
    query = urlencode({**request.query_params, "after": following})
    return {"link": f'<{request.url.path}?{query}>; rel="next"'}
