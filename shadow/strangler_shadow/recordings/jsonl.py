"""JSON Lines: an exchange a line, read line by line.

    {"request": {"method": "GET", "url": "/invoices/17", "headers": {…}, "body": …}, "response": {"status": 200, …}}

Headers and bodies as in `written`; `url` is a whole one or only path and query; `response` may be missing;
`at`, an ISO 8601 time with its zone, says when it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from strangler.exchange import Message, Request, Response
from strangler_shadow.recordings.cycle import moment
from strangler_shadow.recordings.recorded import Recorded, Unread
from strangler_shadow.recordings.written import Written


class _Request(Written, kw_only=True):
    url: str
    method: str = "GET"


class _Response(Written, kw_only=True):
    status: int


class _Line(msgspec.Struct):
    request: _Request
    response: _Response | None = None
    at: str | None = None


_DECODER: Final = msgspec.json.Decoder(_Line)


def read_jsonl(lines: Iterable[bytes], file: str) -> Iterator[Recorded | Unread]:
    """Every line that is not blank, as an exchange or as what is none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _recorded(line, f"{file}:{number}")


def _recorded(line: bytes, where: str) -> Recorded | Unread:
    try:
        said = _DECODER.decode(line)
        url = urlsplit(said.request.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        method = said.request.method.upper()
        at_ns = moment(said.at)
        asked = Request(method, target, url.scheme, url.netloc, "", _message(said.request))
        response = None
        if said.response is not None:
            response = Response(said.response.status, b"", _message(said.response))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Unread(where, f"is no exchange: {error}")
    return Recorded(where, asked, response, at_ns)


def _message(written: Written) -> Message:
    body, fields = written.content()
    return Message(fields, body, len(body))
