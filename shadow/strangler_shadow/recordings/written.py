"""Fields and bodies as people and tools write them down in JSON.

Headers map names to a value or a list of values, or are a list of pairs. A body that is a text is the body as it was;
any other JSON value is itself a JSON body, digit by digit; `body_base64` holds any bytes. What was written down as
text has no content coding any more, whatever its headers still say.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final

import msgspec

from strangler.exchange import Fields

type Headers = dict[str, str | int | list[str]] | list[tuple[str, str]]

_CODED: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class Written(msgspec.Struct):
    """A message as it is written down."""

    headers: Headers = {}
    body: msgspec.Raw = msgspec.Raw(b"")
    body_base64: str | None = None

    def content(self) -> tuple[bytes, Fields]:
        """The body and the fields that still hold. Raises binascii.Error where `body_base64` is no Base64."""
        fields = tuple(fields_of(self.headers))
        if self.body_base64 is None:
            return written_body(self.body, fields)
        return unpacked(self.body_base64), fields


def fields_of(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """One field a value."""
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        for each in value if isinstance(value, list) else [value]:
            yield name.encode("utf-8", "replace"), str(each).encode("utf-8", "replace")


def uncoded(fields: Fields) -> Fields:
    """Without what spoke of the coding or the length that a body had on the wire."""
    return tuple(field for field in fields if field[0].lower() not in _CODED)


def written_body(raw: msgspec.Raw, fields: Fields) -> tuple[bytes, Fields]:
    """The body and the fields that still hold: of a text, or of a JSON value as it is written."""
    kept = uncoded(fields)
    body = bytes(raw)
    if body in {b"", b"null"}:
        return b"", kept
    if body.startswith(b'"'):
        return str(msgspec.json.decode(body)).encode("utf-8", "surrogatepass"), kept
    # A map or a list is seen to be JSON; a bare number or truth value would be taken for text.
    typed = body[:1] in b"{[" or any(name.lower() == b"content-type" for name, _ in kept)
    return body, kept if typed else (*kept, (b"content-type", b"application/json"))


def unpacked(text: str) -> bytes:
    """Raises binascii.Error, which is a ValueError, where it is not Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise binascii.Error(f"`body_base64` is not Base64: {error}") from None
