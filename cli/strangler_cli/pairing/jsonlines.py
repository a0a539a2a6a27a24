"""JSON Lines of pairs: one object a line, with both answers in it. Read line by line, packed (gzip) or not.

    {"id": "17", "route": "GET /invoices/{id}", "legacy": ANSWER, "candidate": ANSWER}

An ANSWER has `status` (200 unless said), `headers` (name to value or list of values, or a list of pairs) and `body`:
a text is the body as it was, any other JSON value is itself a JSON body, digit by digit; or `body_base64`. A body
that was written down as text has no content coding any more, whatever its headers still say.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

import msgspec

from strangler.comparison.model import Answer
from strangler.errors import UsageError
from strangler.exchange import Fields
from strangler_cli.pairing.pair import Entry, Pair, Unread

LONGEST: Final = 256 << 20
"""Bytes of one line."""
_GZIP: Final = b"\x1f\x8b"
_CODED: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Names:
    """Where in a line things stand: member names, with dots for what lies deeper.

    `bare`: both fields hold the bodies themselves. `media`: the media type of both, whatever the headers say.
    """

    legacy: str = "legacy"
    candidate: str = "candidate"
    id: str = "id"
    route: str = "route"
    bare: bool = False
    media: str | None = None


class _Recorded(msgspec.Struct):
    status: int | None = None
    headers: dict[str, str | int | list[str]] | list[tuple[str, str]] = {}
    body: msgspec.Raw = msgspec.Raw(b"")
    body_base64: str | None = None


_ANSWER: Final = msgspec.json.Decoder(_Recorded)


def line_pairs(stream: IO[bytes], file: str, names: Names) -> Iterator[Entry]:
    """Every line's pair, or why it has none. Raises UsageError where the file itself cannot be read on."""
    for number, line in enumerate(_lines(stream, file), 1):
        if line.strip():
            yield _entry(line, f"{file}:{number}", names)


def _lines(stream: IO[bytes], file: str) -> Iterator[bytes]:
    source: IO[bytes] | gzip.GzipFile = gzip.GzipFile(fileobj=stream) if _packed(stream) else stream
    try:
        while line := source.readline(LONGEST + 1):
            if len(line) > LONGEST:
                raise UsageError(f"a line is over {LONGEST >> 20} MiB", where=file)
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot be read on: {error}", where=file) from None


def _packed(stream: IO[bytes]) -> bool:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(2)[:2] == _GZIP
    begin = stream.tell()
    head = stream.read(2)
    stream.seek(begin)
    return head == _GZIP


def _entry(line: bytes, where: str, names: Names) -> Pair | Unread:
    try:
        members = _OBJECT.decode(line)
        legacy = _answer(_field(members, names.legacy), names.legacy, names)
        candidate = _answer(_field(members, names.candidate), names.candidate, names)
    except _NoAnswer as error:
        return Unread(where, str(error))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Unread(where, f"is no JSON object: {error}")
    return Pair(_text(members, names.id) or where, _text(members, names.route), legacy, candidate)


class _NoAnswer(Exception):  # noqa: N818  it becomes an Unread where it is caught
    """A field that holds no answer."""


def _field(members: dict[str, msgspec.Raw], path: str) -> msgspec.Raw:
    first, *deeper = [path] if path in members else path.split(".")
    try:
        found = members[first]
        for name in deeper:
            found = _OBJECT.decode(found)[name]
    except (KeyError, msgspec.DecodeError):
        raise _NoAnswer(f"has no member `{path}`") from None
    return found


def _text(members: dict[str, msgspec.Raw], path: str) -> str:
    try:
        found = bytes(_field(members, path))
    except _NoAnswer:
        return ""
    return str(msgspec.json.decode(found)) if found.startswith(b'"') else found.decode()


def _answer(raw: msgspec.Raw, path: str, names: Names) -> Answer:
    if names.bare:
        body, fields = _body(raw, ())
        return Answer(200, _labelled(fields, names.media), body)
    try:
        recorded = _ANSWER.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _NoAnswer(f"`{path}` is no answer: {error}; --bare takes it for the body itself") from None
    plain = bytes(recorded.body)
    if not plain and recorded.body_base64 is None and recorded.status is None:
        raise _NoAnswer(f"`{path}` has neither `body` nor `status`; --bare takes it for the body itself")
    fields = tuple(_fields(recorded))
    if recorded.body_base64 is None:
        body, fields = _body(recorded.body, fields)
    else:
        body = _unpacked(recorded.body_base64, path)
    return Answer(recorded.status or 200, _labelled(fields, names.media), body)


def _unpacked(text: str, path: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _NoAnswer(f"`{path}`: `body_base64` is not Base64: {error}") from None


def _fields(recorded: _Recorded) -> Iterator[tuple[bytes, bytes]]:
    given = recorded.headers
    for name, value in given.items() if isinstance(given, dict) else given:
        for each in value if isinstance(value, list) else [value]:
            yield name.encode("utf-8", "replace"), str(each).encode("utf-8", "replace")


def _body(raw: msgspec.Raw, fields: Fields) -> tuple[bytes, Fields]:
    """The body and the fields that still hold: of a text, or of a JSON value as it is written."""
    kept = tuple(field for field in fields if field[0].lower() not in _CODED)
    body = bytes(raw)
    if body in {b"", b"null"}:
        return b"", kept
    if body.startswith(b'"'):
        return str(msgspec.json.decode(body)).encode("utf-8", "surrogatepass"), kept
    # A map or a list is seen to be JSON; a bare number or truth value would be taken for text.
    typed = body[:1] in b"{[" or any(name.lower() == b"content-type" for name, _ in kept)
    return body, kept if typed else (*kept, (b"content-type", b"application/json"))


def _labelled(fields: Fields, media: str | None) -> Fields:
    if media is None:
        return fields
    others = tuple(field for field in fields if field[0].lower() != b"content-type")
    return (*others, (b"content-type", media.encode("latin-1", "replace")))
