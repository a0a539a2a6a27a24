"""Charsets: bytes to text, as declared or as a byte order mark says; never guessed from the content."""

from __future__ import annotations

import codecs
from typing import Final

from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Anomaly
from strangler.errors import DecodeError

# The longer mark first: UTF-32's begins like UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs of Python's that turn bytes into something else than text of a charset.
_NO_CHARSETS: Final = {
    "idna",
    "punycode",
    "raw_unicode_escape",
    "undefined",
    "unicode_escape",
    "utf-7",
    "mbcs",
    "oem",
}


def text_of(body: bytes, media: MediaType, *, default: str) -> tuple[str, tuple[Anomaly, ...]]:
    """The text and what was odd about it. Raises DecodeError on an unknown charset and on bytes it cannot hold."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            anomaly = Anomaly("bom", (), f"the body begins with a byte order mark ({name})")
            return _decoded(body[len(mark) :], name, media), (anomaly,)
    return _decoded(body, _known(media) if media.charset else default, media), ()


def _known(media: MediaType) -> str:
    try:
        name = codecs.lookup(media.charset).name
    except LookupError:
        raise DecodeError(f"unknown charset {media.charset[:40]!r}", media=media.name) from None
    if name.replace("-", "_") in _NO_CHARSETS or not codecs.lookup(name)._is_text_encoding:  # noqa: SLF001  the only way to ask
        raise DecodeError(f"{media.charset[:40]!r} is not a charset of texts", media=media.name)
    return name


def _decoded(body: bytes, charset: str, media: MediaType) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise DecodeError(f"not {charset}: {error.reason}", media=media.name, at=error.start) from None
    except UnicodeError:
        raise DecodeError(f"not {charset}", media=media.name) from None
