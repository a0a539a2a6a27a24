"""The content of a write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from strangler_dashboard.api.asking import JSON, placed
from strangler_dashboard.api.errors import Unfit

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES: Final = 16_384


async def content[B: msgspec.Struct](request: Request, wanted: type[B]) -> B:
    """What it says. Raises Unfit: 415 where it is not JSON by its type, 413 where it is larger than any of ours, 400
    where it cannot be read, 422 where it cannot be meant.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON or request.headers.get("content-encoding", "identity") != "identity":
        raise Unfit(415, f"what is sent here is {JSON}, plain", remedy=f"`Content-Type: {JSON}`")
    text = await _read(request)
    fields = ", ".join(f"`{name}`" for name in wanted.__struct_fields__)
    try:
        return msgspec.json.decode(text, type=wanted)
    except msgspec.ValidationError as error:
        raise Unfit(422, f"the content does not fit: {placed(error)}", remedy=f"known: {fields}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unfit(400, f"the content cannot be read: {error}", remedy=f"an object with {fields}") from None


async def _read(request: Request) -> bytes:
    text = b""
    async for piece in request.stream():
        text += piece
        if len(text) > MOST_BYTES:
            raise Unfit(413, f"a write has at most {MOST_BYTES:,} bytes")
    return text
