"""JSON Lines of pairs: one object a line, with both answers in it. Read line by line, packed (gzip) or not.

    {"id": "17", "route": "GET /invoices/{id}", "legacy": ANSWER, "candidate": ANSWER}

An ANSWER has `status` (200 unless said), `headers` and `body` or `body_base64`, as
`strangler_shadow.recordings.written` reads them.
"""

from __future__ import annotations

import binascii
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

import msgspec

from strangler.comparison.model import Answer
from strangler.errors import UsageError
from strangler.exchange import Fields
from strangler_cli.files import opened
from strangler_cli.pairing.pair import Entry, Pair, Unread
from strangler_shadow.recordings.written import Written, written_body

LONGEST: Final = 256 << 20
"""Bytes of one line."""
_LOWEST: Final = 100
_HIGHEST: Final = 999
_GZIP: Final = b"\x1f\x8b"
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


class _Recorded(Written, kw_only=True):
    status: int | None = None


_ANSWER: Final = msgspec.json.Decoder(_Recorded)


def names_of(
    *, legacy_field: str, candidate_field: str, id_field: str, route_field: str, bare: bool, media: str | None
) -> Names:
    """As `options.PAIR_FIELDS` names them."""
    return Names(legacy_field, candidate_field, id_field, route_field, bare=bare, media=media)


def pairs_of(file: str, names: Names) -> Iterator[Entry]:
    """The pairs of a file; `-` is standard input. Raises UsageError where it cannot be read."""
    if file == "-":
        yield from line_pairs(sys.stdin.buffer, "standard input", names)
        return
    with opened(file) as stream:
        yield from line_pairs(stream, file, names)


def line_pairs(stream: IO[bytes], file: str, names: Names) -> Iterator[Entry]:
    """Every line's pair, or why it has none. Raises UsageError where the file itself cannot be read on."""
    for number, line in enumerate(lines_of(stream, file), 1):
        if line.strip():
            yield _entry(line, f"{file}:{number}", names)


def lines_of(stream: IO[bytes], file: str) -> Iterator[bytes]:
    """The lines of a file, packed or not. Raises UsageError where it cannot be read on."""
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
        body, fields = written_body(raw, ())
        return Answer(200, _labelled(fields, names.media), body)
    try:
        recorded = _ANSWER.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _NoAnswer(f"`{path}` is no answer: {error}; --bare takes it for the body itself") from None
    plain = bytes(recorded.body)
    if not plain and recorded.body_base64 is None and recorded.status is None:
        raise _NoAnswer(f"`{path}` has neither `body` nor `status`; --bare takes it for the body itself")
    if plain and recorded.body_base64 is not None:
        raise _NoAnswer(f"`{path}` has both `body` and `body_base64`")
    if recorded.status is not None and not _LOWEST <= recorded.status <= _HIGHEST:
        raise _NoAnswer(f"`{path}` has the status {recorded.status}, which is none of HTTP's")
    try:
        body, fields = recorded.content()
    except binascii.Error as error:
        raise _NoAnswer(f"`{path}`: {error}") from None
    return Answer(200 if recorded.status is None else recorded.status, _labelled(fields, names.media), body)


def _labelled(fields: Fields, media: str | None) -> Fields:
    if media is None:
        return fields
    others = tuple(field for field in fields if field[0].lower() != b"content-type")
    return (*others, (b"content-type", media.encode("latin-1", "replace")))
