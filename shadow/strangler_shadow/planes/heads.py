"""Heads of HTTP/1 messages, read strictly (RFC 9112): what two readers could understand differently is refused.

A lenient reader in front of a strict one is how requests are smuggled: bare line feeds, folded lines, blanks before
a colon, two lengths. None of that is repaired here; it raises `Malformed`, and the plane answers 400 or 502.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from strangler.exchange import Fields
from strangler.routing import RequestHead

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE: Final = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
# A request may hold no control characters; an answer is forgiven all but those that change framing.
_REQUEST_FIELD: Final = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_RESPONSE_FIELD: Final = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\x00\r\n]*)")
_BARE_END: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LINE_END: Final = "a line that does not end in CR LF"
_AUTHORITY: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]+)(?::[0-9]{1,5})?")
_ABSOLUTE: Final = re.compile(r"https?://([^/?#@]+)([/?][^#]*)?", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_WEIGHTY: Final = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade", b"via"}
)
MAX_FIELDS: Final = 1_000


class Malformed(Exception):  # noqa: N818  it says what the message is
    """Not HTTP/1, or ambiguous. `status` is what a plane answers a client that sent it."""

    def __init__(self, what: str, status: int = 400) -> None:
        self.what = what
        self.status = status
        super().__init__(what)


class ParsedRequest(msgspec.Struct):
    """A request's head. `length`: of the body in bytes, None when chunked. `keep`: the connection may be used again.

    `authority`: of an absolute-form target, else the Host field. `expect`: the client waits for 100 (Continue).
    `websocket`: it asks to become a WebSocket.
    """

    head: RequestHead
    authority: str
    minor: int
    length: int | None
    keep: bool
    expect: bool
    websocket: bool
    via: tuple[bytes, ...]


class ParsedResponse(msgspec.Struct):
    """An answer's head. `length`: bytes; None when chunked; -1 when the body ends with the connection."""

    status: int
    reason: bytes
    minor: int
    fields: Fields
    length: int | None
    keep: bool


def take_head(buffer: bytearray, limit: int) -> bytes | None:
    """Cut the head off the front of `buffer`, without its blank line; None until it is there whole."""
    end = buffer.find(b"\r\n\r\n", 0, limit)
    if end < 0:
        if len(buffer) >= limit:
            raise Malformed(f"a header of more than {limit} bytes", 431)
        if b"\n\n" in buffer or b"\n\r\n" in buffer:  # an end, but not in CR LF
            raise Malformed(_LINE_END)
        return None
    if _BARE_END.search(buffer, 0, end + 2):
        raise Malformed(_LINE_END)
    head = bytes(buffer[:end])
    del buffer[: end + 4]
    return head


def parse_request(raw: bytes) -> ParsedRequest:
    """Read a request's head."""
    lines = raw.split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(lines[0])
    if line is None:
        raise Malformed("a request line that is not `method target HTTP/1.1`")
    minor = line[3][0] - 48
    fields, weighty = _fields(lines, _REQUEST_FIELD)
    target, authority = _target(line[1], line[2], _host(weighty, minor))
    tokens = list_tokens(weighty.get(b"connection", ()))
    return ParsedRequest(
        head=RequestHead(line[1].decode("ascii"), target, fields),
        authority=authority,
        minor=minor,
        length=_request_length(weighty, minor),
        keep=minor == 1 and b"close" not in tokens,
        expect=minor == 1 and _only(weighty, b"expect").lower() == b"100-continue",
        websocket=b"upgrade" in tokens and b"websocket" in list_tokens(weighty.get(b"upgrade", ())),
        via=tuple(weighty.get(b"via", ())),
    )


def parse_response(raw: bytes, method: str) -> ParsedResponse:
    """Read an answer's head. `method`: of its request, since an answer to HEAD has no body."""
    lines = raw.split(b"\r\n")
    line = _STATUS_LINE.fullmatch(lines[0])
    if line is None:
        raise Malformed("a status line that is not `HTTP/1.1 status reason`")
    minor, status = line[1][0] - 48, int(line[2])
    fields, weighty = _fields(lines, _RESPONSE_FIELD)
    length = _response_length(weighty, minor, status)
    if method == "HEAD" or status < 200 or status in (204, 304):
        length = 0
    tokens = list_tokens(weighty.get(b"connection", ()))
    keep = (b"keep-alive" in tokens if minor == 0 else b"close" not in tokens) and length != -1
    return ParsedResponse(status, line[3] or b"", minor, fields, length, keep)


def parse_trailers(raw: bytes) -> Fields:
    """Read a trailer section. What belongs in a header only (framing, routing) is refused (RFC 9110, 6.5.1)."""
    fields, weighty = _fields([b"", *raw.split(b"\r\n")], _RESPONSE_FIELD)
    if weighty.keys() & {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"expect",
        b"upgrade",
    }:
        raise Malformed("a trailer that belongs in the header")
    return fields


def list_tokens(values: tuple[bytes, ...] | list[bytes]) -> frozenset[bytes]:
    """The members of a comma-separated field, in lower case."""
    if not values:
        return frozenset()
    return frozenset(token.strip(b" \t") for value in values for token in value.lower().split(b","))


def _fields(lines: list[bytes], shape: re.Pattern[bytes]) -> tuple[Fields, dict[bytes, list[bytes]]]:
    if len(lines) > MAX_FIELDS:
        raise Malformed(f"more than {MAX_FIELDS} fields", 431)
    found: list[tuple[bytes, bytes]] = []
    weighty: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        match = shape.fullmatch(line)
        if match is None:
            raise Malformed(
                "a folded line" if line[:1] in (b" ", b"\t") else "a field that is not `name: value`"
            )
        name, value = match.groups()
        value = value.rstrip(b" \t")
        found.append((name, value))
        lower = name.lower()
        if lower in _WEIGHTY:
            weighty.setdefault(lower, []).append(value)
    return tuple(found), weighty


def _only(weighty: dict[bytes, list[bytes]], name: bytes) -> bytes:
    values = weighty.get(name)
    if values is None:
        return b""
    if len(values) > 1:
        raise Malformed(f"{name.decode()} stands twice")
    return values[0]


def _host(weighty: dict[bytes, list[bytes]], minor: int) -> str:
    if b"host" not in weighty:
        if minor == 1:
            raise Malformed("no Host")
        return ""
    host = _only(weighty, b"host").decode("latin-1")
    if host and not _AUTHORITY.fullmatch(host):
        raise Malformed("a Host that names no host")
    return host


def _target(method: bytes, raw: bytes, host: str) -> tuple[str, str]:
    target = raw.decode("latin-1")
    if method == b"CONNECT":
        raise Malformed("CONNECT, to a gateway that opens no tunnels")
    if "#" in target:
        raise Malformed("a target with a fragment")
    if target[0] == "/" or (target == "*" and method == b"OPTIONS"):
        return target, host
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _AUTHORITY.fullmatch(absolute[1]):
        raise Malformed("a target that is neither a path nor a URL")
    path = absolute[2] or ("*" if method == b"OPTIONS" else "/")
    return (path if path[0] != "?" else "/" + path), absolute[1]


def _request_length(weighty: dict[bytes, list[bytes]], minor: int) -> int | None:
    length = _framing(weighty, minor)
    return 0 if length == -1 else length


def _response_length(weighty: dict[bytes, list[bytes]], minor: int, status: int) -> int | None:
    length = _framing(weighty, minor)
    if length is None and (status < 200 or status == 204):
        raise Malformed(f"Transfer-Encoding on a {status}")
    return length


def _framing(weighty: dict[bytes, list[bytes]], minor: int) -> int | None:
    """Body length in bytes, None when chunked, -1 when nothing says."""
    if b"transfer-encoding" in weighty:
        if b"content-length" in weighty:
            raise Malformed("both Transfer-Encoding and Content-Length")
        if minor == 0:
            raise Malformed("Transfer-Encoding in HTTP/1.0")
        if _only(weighty, b"transfer-encoding").lower() != b"chunked":
            raise Malformed("a Transfer-Encoding that is not `chunked`")
        return None
    if b"content-length" in weighty:
        value = _only(weighty, b"content-length")
        if not _LENGTH.fullmatch(value):
            raise Malformed("a Content-Length that is not a number")
        return int(value)
    return -1
