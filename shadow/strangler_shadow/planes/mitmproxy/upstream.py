"""Towards a side: requests are written, answers read."""

from __future__ import annotations

from typing import Final

from mitmproxy import http
from mitmproxy.proxy import commands, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import HttpEvent, ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestData,
    RequestEndOfMessage,
    RequestHeaders,
    RequestProtocolError,
    RequestTrailers,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseTrailers,
)

from strangler.exchange import Failure, FailureReason
from strangler_shadow.destination import answer_fields
from strangler_shadow.planes.bodies import reader
from strangler_shadow.planes.heads import (
    Malformed,
    ParsedResponse,
    parse_response,
    take_head,
)
from strangler_shadow.planes.mitmproxy.codec import Codec, Commands, last_chunk, render_fields
from strangler_shadow.planes.mitmproxy.messages import Answer, Question
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import AnswerFailed, Informational

UPSTREAM_HEAD_LIMIT: Final = 1 << 20
"""Bytes of an answer's header; a side is trusted further than a client, but not without end."""


class UpstreamCodec(Codec):
    """Towards a side: writes requests, reads answers."""

    def __init__(self, context: Context, plane: Plane) -> None:
        super().__init__(context, context.server, plane)
        self._question: Question | None = None
        self._answer: ParsedResponse | None = None
        self._request_done = False
        self._uses = 0
        self.idle_since = plane.loop.time()

    # --- writing ---

    def send(self, event: HttpEvent) -> Commands:
        """Write one event."""
        if self._state == "closed":
            return
        match event:
            case RequestHeaders():
                yield from self._send_head(event)
            case RequestData():
                yield from self._write(event.data)
            case RequestEndOfMessage():
                if self._chunked:
                    yield commands.SendData(self.conn, last_chunk(self._trailers))
                self._request_done = True
            case RequestTrailers():
                self._trailers = event.trailers
            case RequestProtocolError():
                yield from self._end_tunnel() if self._state == "tunnel" else self._close()
            case _:
                raise AssertionError(f"unexpected {event}")

    def _send_head(self, event: RequestHeaders) -> Commands:
        question = event.request
        assert isinstance(question, Question)
        passage = question.passage
        self._question, self.stream_id = question, event.stream_id
        self._answer, self._trailers, self._request_done = None, None, False
        self._uses += 1
        self._chunked = passage.parsed.length is None
        line = b"%s %s HTTP/1.1\r\n" % (question.data.method, question.data.path)
        yield commands.SendData(self.conn, b"%s%s\r\n" % (line, render_fields(passage.fields)))

    # --- reading ---

    def advance(self) -> Commands:
        """Interim answers, the answer, its body."""
        while self._state in ("head", "body") and self.buffer:
            if self._question is None:
                yield from self._close()  # nothing was asked
                return
            try:
                whole = (
                    (yield from self._read_head())
                    if self._state == "head"
                    else (yield from self._read_body())
                )
            except Malformed as error:
                yield from self._fail("malformed", error.what)
                return
            if not whole:
                return
        if self._state == "tunnel" and self.buffer:
            data = bytes(self.buffer)
            self.buffer.clear()
            yield ReceiveHttp(ResponseData(self.stream_id, data))

    def _read_head(self) -> layer.CommandGenerator[bool]:
        assert self._question is not None
        raw = take_head(self.buffer, UPSTREAM_HEAD_LIMIT)
        if raw is None:
            return False
        passage = self._question.passage
        parsed = parse_response(raw, passage.parsed.head.method)
        if parsed.status == 101 and not passage.parsed.websocket:
            raise Malformed("101 (Switching Protocols) without being asked to")
        if parsed.status < 200 and parsed.status != 101:
            line = b"HTTP/1.%d %d %s\r\n" % (parsed.minor, parsed.status, parsed.reason)
            head = line + render_fields(answer_fields(parsed.fields, status=parsed.status)) + b"\r\n"
            yield ReceiveHttp(Informational(self.stream_id, head))
            return True
        self._answer = parsed
        self._body = reader(parsed.length)
        self._state = "body"
        yield ReceiveHttp(ResponseHeaders(self.stream_id, Answer(parsed), parsed.length == 0))
        if self._state == "body" and not self.buffer:
            return (yield from self._read_body())
        return True

    def _read_body(self) -> layer.CommandGenerator[bool]:
        assert self._body is not None
        data, done = self._body.read(self.buffer)
        if data:
            yield ReceiveHttp(ResponseData(self.stream_id, data))
        if not done or self._state != "body":
            return False
        yield from self._end()
        return True

    def _end(self) -> Commands:
        """The answer is whole. What comes next is settled before the stream hears of it."""
        answer, body = self._answer, self._body
        assert answer is not None
        assert body is not None
        stream_id = self.stream_id
        if answer.status == 101:
            yield ReceiveHttp(ResponseEndOfMessage(stream_id))
            self._state = "tunnel"
            return
        if answer.keep and self._request_done:
            self._state, self._question = "head", None
            self.idle_since = self.plane.loop.time()
        else:
            yield from self._close()
        if body.trailers:
            yield ReceiveHttp(ResponseTrailers(stream_id, http.Headers(body.trailers)))
        yield ReceiveHttp(ResponseEndOfMessage(stream_id))

    def ended(self, *, reset: bool) -> Commands:
        """The side sends no more: the end of a body that ends so, else half an answer, or none."""
        if self._state == "tunnel":
            yield ReceiveHttp(ResponseEndOfMessage(self.stream_id))
        elif self._question is None or self._state == "closed":
            yield from self._close()
        elif self._state == "head":
            where = "inside its header" if self.buffer else "before its answer"
            yield from self._fail("reset", f"the connection ended {where}", reset=reset)
        else:
            assert self._body is not None
            try:
                self._body.eof()
            except Malformed as error:
                yield from self._fail("reset", error.what, reset=reset)
                return
            if reset:
                yield from self._fail("reset", "the connection was cut inside the answer", reset=True)
            else:
                yield from self._end()

    def _fail(self, reason: FailureReason, what: str, *, reset: bool = False) -> Commands:
        stale = reason == "reset" and self._uses > 1 and self._answer is None and not self.buffer
        yield from self._close()
        failure = Failure(reason, what)
        yield ReceiveHttp(
            AnswerFailed(self.stream_id, failure, ErrorCode.GENERIC_SERVER_ERROR, reset=reset, stale=stale)
        )
