"""What a form sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from strangler.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES: Final = 16_384
_FIELDS: Final = 32
_KIND: Final = "application/x-www-form-urlencoded"


async def form_of(request: Request) -> dict[str, str]:
    """Its fields, read once for a request. Raises UsageError for what is no form, or larger than any of ours."""
    known: dict[str, str] | None = getattr(request.state, "form", None)
    if known is None:
        known = request.state.form = _fields(await _body(request))
    return known


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _KIND:
        raise UsageError(f"a form is sent as {_KIND}, this is {kind or 'nothing that is named'}")
    return await body_of(request, MOST_BYTES)


async def body_of(request: Request, most: int) -> bytes:
    """What was sent, of which no more than that is ever held. Raises UsageError for more."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise UsageError(f"at most {most:,} bytes are read here")
    return body


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except ValueError:
        raise UsageError("the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise UsageError("a field of the form is there twice")
    if any("\0" in value for value in fields.values()):
        raise UsageError("a field of the form has a NUL in it")
    return fields
