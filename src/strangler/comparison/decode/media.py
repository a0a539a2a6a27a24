"""Media types: their parameters, and to which decoder they belong."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from strangler.comparison.decode.parameters import parameters
from strangler.exchange import Fields

_FAMILIES: Final = {
    "application/json": "json",
    "text/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-www-form-urlencoded": "form",
    "text/html": "html",
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
}
_MEDIA: Final = {
    "json": "application/json",
    "xml": "application/xml",
    "csv": "text/csv",
    "fixed": "text/fixed-width",
    "form": "application/x-www-form-urlencoded",
    "html": "text/html",
    "multipart": "multipart/mixed",
    "pdf": "application/pdf",
    "text": "text/plain",
}
_BOM: Final = b"\xef\xbb\xbf"
# Atomic: comments could be cut in exponentially many ways.
_PAGE: Final = re.compile(
    rb"(?>(?:<\?xml[^>]*>|<!--.*?-->)\s*)*+(?:<!doctype\s+html\b|<html\b)", re.IGNORECASE | re.DOTALL
)
_HEAD: Final = 1024


@dataclass(frozen=True, slots=True)
class MediaType:
    """`name` is lower case and bare, `charset` in lower case, `boundary` as written (either may be empty).

    `family` names a decoder, or is empty.
    """

    name: str = ""
    charset: str = ""
    family: str = ""
    boundary: str = ""

    def named(self, family: str) -> MediaType:
        """The same, taken for another family."""
        name = self.name if self.family == family else _MEDIA[family]
        return replace(self, family=family, name=name)

    def with_charset(self, charset: str) -> MediaType:
        """The same, with a charset that the body itself declares."""
        return replace(self, charset=charset)


@lru_cache(maxsize=256)
def media_type(value: bytes) -> MediaType:
    """From the value of a Content-Type field."""
    bare, pairs = parameters(value.decode("latin-1"))
    name, found = bare.lower(), dict(pairs)
    return MediaType(name, found.get("charset", "").lower(), _family(name), found.get("boundary", ""))


def _family(name: str) -> str:
    if name in _FAMILIES:
        return _FAMILIES[name]
    for suffix, family in (("+json", "json"), ("+xml", "xml")):
        if name.endswith(suffix):
            return family
    kind = name.partition("/")[0]
    return kind if kind in {"text", "multipart"} else ""


def sniffed(body: bytes) -> str:
    """`json`, `xml`, `html` or `pdf` where the first bytes say so, else empty."""
    head = body[:_HEAD].removeprefix(_BOM).lstrip()
    if head[:1] in {b"{", b"["}:
        return "json"
    if head[:1] != b"<":
        return "pdf" if head[:5] == b"%PDF-" else ""
    if _PAGE.match(head):
        return "html"
    return "" if head[:5].lower() == b"<!doc" else "xml"


def coding_and_type(fields: Fields) -> tuple[bytes, bytes]:
    """The values of Content-Encoding and Content-Type, empty where absent; several lines joined as RFC 9110 does."""
    coding = media = b""
    for key, value in fields:
        size = len(key)
        if size == 16 and key.lower() == b"content-encoding":
            coding = coding + b", " + value if coding else value
        elif size == 12 and key.lower() == b"content-type":
            media = media + b", " + value if media else value
    return coding, media
