"""The parts of a multipart body as they stand between its boundary lines (RFC 2046, 5.1.1). Linear in its size.

What readers disagree about is an anomaly: line breaks without CR, a line that begins as the boundary does and goes
on, a field that stands twice in one part. What comes before the first part and after the last is dropped.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Anomaly
from strangler.errors import DecodeError

_LONGEST_BOUNDARY: Final = 70
_LONGEST_HEAD: Final = 16 << 10
_MOST_FIELDS: Final = 64
_REST_OF_LINE: Final = re.compile(rb"(--)?[ \t]*+(\r?\n|\Z)")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_BARE: Final = re.compile(rb"(?<!\r)\n")
_AS_IT_IS: Final = {"", "7bit", "8bit", "binary"}
_SPACE: Final = b" \t\r\n"

type Odd = dict[str, Anomaly]
"""Anomalies by their detail."""


@dataclass(frozen=True, slots=True)
class Part:
    """`fields`: names in lower case, the first of each. `body`: without its transfer encoding."""

    fields: Mapping[str, str]
    body: bytes


def parts_of(body: bytes, media: MediaType, odd: Odd) -> Iterator[Part]:
    """One after the other. Raises DecodeError, at the latest when the body ends without its last boundary line."""
    for start, end in _between(body, _boundary(media), media, odd):
        head, content = _cut(body[start:end], media, start)
        if _BARE.search(head):
            once(odd, "line-ends", "a line of the parts' frame ends without CR")
        fields = _fields(head, media, start, odd)
        yield Part(fields, _plain(content, fields, media, start))


def _boundary(media: MediaType) -> bytes:
    name = media.boundary
    if not name:
        raise DecodeError("the media type names no boundary", media=media.name)
    if len(name) > _LONGEST_BOUNDARY or not name.isascii() or not name.isprintable() or name.endswith(" "):
        raise DecodeError("a boundary has up to 70 characters of ASCII, no space last", media=media.name)
    return b"--" + name.encode()


def _between(body: bytes, line: bytes, media: MediaType, odd: Odd) -> Iterator[tuple[int, int]]:
    """Where each part, its head included, begins and ends."""
    start, at = -1, -1
    while (at := body.find(line, at + 1)) >= 0:
        if body[at - 1 : at] not in {b"", b"\n"}:
            continue
        rest = _REST_OF_LINE.match(body, at + len(line))
        if rest is None:
            once(odd, "boundary-line", "a line begins as the boundary does, and goes on")
            continue
        before = 2 if body[at - 2 : at] == b"\r\n" else 1
        if rest[2] == b"\n" or (before == 1 and at):
            once(odd, "line-ends", "a line of the parts' frame ends without CR")
        if start >= 0:
            yield start, max(start, at - before)
        if rest[1]:
            return
        start = rest.end()
    missing = "ends without its last boundary line" if start >= 0 else "its boundary stands nowhere in it"
    raise DecodeError(missing, media=media.name, at=len(body))


def once(odd: Odd, code: str, detail: str) -> None:
    """Note an anomaly of the whole, however often it occurs."""
    if detail not in odd:
        odd[detail] = Anomaly(code, (), detail)


def _cut(part: bytes, media: MediaType, at: int) -> tuple[bytes, bytes]:
    """Head and content."""
    for nothing in (b"\r\n", b"\n"):
        if part.startswith(nothing):
            return b"", part[len(nothing) :]
    blank = _BLANK.search(part, 0, _LONGEST_HEAD)
    if blank is None and len(part) > _LONGEST_HEAD:
        raise DecodeError(f"the head of a part is over {_LONGEST_HEAD} bytes", media=media.name, at=at)
    return (part, b"") if blank is None else (part[: blank.start()], part[blank.end() :])


def _fields(head: bytes, media: MediaType, at: int, odd: Odd) -> dict[str, str]:
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
        once(odd, "charset", "the head of a part is not UTF-8")
    lines = text.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ").split("\n") if text else []
    if len(lines) > _MOST_FIELDS:
        raise DecodeError(f"a part has over {_MOST_FIELDS} fields", media=media.name, at=at)
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name:
            raise DecodeError("a line in the head of a part is no field", media=media.name, at=at)
        if name in fields:
            once(odd, "repeated-field", f"{name[:40]} stands twice in the head of a part")
        fields.setdefault(name, value.strip())
    return fields


def _plain(content: bytes, fields: Mapping[str, str], media: MediaType, at: int) -> bytes:
    coding = fields.get("content-transfer-encoding", "").lower()
    if coding in _AS_IT_IS:
        return content
    if coding == "quoted-printable":
        return binascii.a2b_qp(content)
    if coding != "base64":
        raise DecodeError(f"unknown transfer encoding {coding[:40]!r}", media=media.name, at=at)
    try:
        return binascii.a2b_base64(content.translate(None, _SPACE), strict_mode=True)
    except binascii.Error as error:
        raise DecodeError(f"base64: {error}", media=media.name, at=at) from None
