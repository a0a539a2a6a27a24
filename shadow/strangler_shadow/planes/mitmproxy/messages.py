"""mitmproxy's request and answer, with what we know of them besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy import http

from strangler_shadow.planes.heads import ParsedResponse

if TYPE_CHECKING:
    from strangler_shadow.planes.mitmproxy.passage import Passage


class Question(http.Request):
    """mitmproxy's request, with its passage. Its `headers` hold only what mitmproxy itself looks at (Expect).

    Built without mitmproxy's constructor, which checks the type of every value at a fifth of the plane's whole cost;
    the codec has read them.
    """

    passage: Passage

    def __init__(self, passage: Passage) -> None:
        parsed = passage.parsed
        data = http.RequestData.__new__(http.RequestData)
        data.host, data.port, data.scheme, data.authority, data.path = "", 0, b"http", b"", b""
        data.method = parsed.head.method.encode("ascii")
        data.headers = http.Headers(((b"Expect", b"100-continue"),) if parsed.expect else ())
        _complete(data)
        self.data = data
        self.passage = passage


class Answer(http.Response):
    """mitmproxy's answer, with its head as it came. Built as a `Question` is."""

    parsed: ParsedResponse

    def __init__(self, parsed: ParsedResponse) -> None:
        data = http.ResponseData.__new__(http.ResponseData)
        data.status_code, data.reason = parsed.status, parsed.reason
        data.headers = http.Headers()
        _complete(data)
        self.data = data
        self.parsed = parsed


def _complete(data: http.MessageData) -> None:
    data.http_version = b"HTTP/1.1"
    data.content, data.trailers = None, None
    data.timestamp_start, data.timestamp_end = 0.0, None
