"""What a plane must know of a body: whether it ends, and what it says without its coding."""

from __future__ import annotations

import zlib
from typing import Final

from strangler.exchange import Fields

_MAX_DECODED: Final = 16 << 20


def is_event_stream(fields: Fields) -> bool:
    """Whether an answer is a stream of server-sent events, which has no end worth waiting for."""
    return any(
        name.lower() == b"content-type" and value[:17].lower() == b"text/event-stream"
        for name, value in fields
    )


def decoded(fields: Fields, body: bytes) -> bytes | None:
    """A request's body without its content coding, or None: a coding we cannot take off, or a bomb."""
    codings = [value.strip().lower() for name, value in fields if name.lower() == b"content-encoding"]
    if not codings or codings == [b"identity"]:
        return body
    if codings not in ([b"gzip"], [b"x-gzip"], [b"deflate"]):
        return None
    inflater = zlib.decompressobj(wbits=47)
    try:
        plain = inflater.decompress(body, _MAX_DECODED)
    except zlib.error:
        return None
    return plain if inflater.eof and not inflater.unused_data else None
