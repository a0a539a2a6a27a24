"""HTTP/1 between bytes and mitmproxy's events, strictly, in both directions.

It stands in for mitmproxy's `Http1Server` and `Http1Client`, which know neither trailers nor interim answers nor a
limit for a header, and which read bare line feeds, folded lines and blanks before a colon as if they were nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Literal

from mitmproxy import http
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import HttpConnection, HttpEvent, ReceiveHttp
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
    ResponseProtocolError,
    ResponseTrailers,
)

from strangler.exchange import Failure, FailureReason, Fields
from strangler_shadow.destination import answer_fields
from strangler_shadow.planes.bodies import Reader, reader
from strangler_shadow.planes.heads import (
    Malformed,
    ParsedRequest,
    ParsedResponse,
    parse_request,
    parse_response,
    take_head,
)
from strangler_shadow.planes.mitmproxy.passage import Answer, Passage, Question
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import AnswerFailed, ConnectionReset, Informational, Sever

type Commands = layer.CommandGenerator[None]
type _State = Literal["head", "body", "wait", "tunnel", "closed"]

UPSTREAM_HEAD_LIMIT: Final = 1 << 20
"""Bytes of an answer's header; a side is trusted further than a client, but not without end."""


def render_fields(fields: Fields) -> bytes:
    """As they go over the wire, without the blank line."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _last_chunk(trailers: http.Headers | None) -> bytes:
    return b"0\r\n%s\r\n" % (render_fields(trailers.fields) if trailers else b"")


class _Codec(HttpConnection):
    """What both directions share: a buffer, a state, the body being read."""

    def __init__(self, context: Context, conn: Connection, plane: Plane) -> None:
        super().__init__(context, conn)
        self.plane = plane
        self.buffer = bytearray()
        self.stream_id = 0
        self._state: _State = "head"
        self._body: Reader | None = None
        self._trailers: http.Headers | None = None
        self._chunked = False

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, HttpEvent):
            yield from self.send(event)
        elif isinstance(event, events.DataReceived):
            if self._state == "closed":
                return
            self.buffer += event.data
            yield from self.advance()
        elif isinstance(event, events.ConnectionClosed):
            yield from self.ended(reset=isinstance(event, ConnectionReset))

    def send(self, event: HttpEvent) -> Commands:
        """Write one event."""
        raise NotImplementedError

    def advance(self) -> Commands:
        """Read what the buffer holds."""
        raise NotImplementedError

    def ended(self, *, reset: bool) -> Commands:
        """The peer sends no more."""
        raise NotImplementedError

    def _close(self, command: type[commands.CloseConnection] = commands.CloseConnection) -> Commands:
        self._state = "closed"
        self.buffer.clear()
        yield command(self.conn)

    def _end_tunnel(self) -> Commands:
        """The other end says no more: pass that on, and close once neither does."""
        if self.conn.state & ConnectionState.CAN_READ:
            yield commands.CloseTcpConnection(self.conn, half_close=True)
        else:
            yield from self._close()

    def _write(self, data: bytes) -> Commands:
        if data:
            yield commands.SendData(self.conn, _chunk(data) if self._chunked else data)


class ClientCodec(_Codec):
    """Towards the client: reads requests, writes answers. Pipelined requests wait for their turn."""

    def __init__(self, context: Context, plane: Plane, peer: str) -> None:
        super().__init__(context, context.client, plane)
        self._peer = peer
        self._parsed: ParsedRequest | None = None
        self._answered = self._bodiless = self._tunnelled = self._until_close = False
        self._request_done = self._answer_done = False
        self._keep = True
        self.stream_id = 1

    @property
    def idle(self) -> bool:
        """Between two requests."""
        return self._state == "head" and not self.buffer

    @property
    def congested(self) -> bool:
        """More has come than can be worked on: reading should stop."""
        return self._state == "wait" and len(self.buffer) > self.plane.settings.header_limit

    # --- reading ---

    def advance(self) -> Commands:
        """Requests, one after the other."""
        while True:
            state = self._state
            if state == "head":
                if not (yield from self._read_head()):
                    return
            elif state == "body":
                if not (yield from self._read_body()):
                    return
            elif state == "tunnel":
                data = bytes(self.buffer)
                self.buffer.clear()
                if data:
                    yield ReceiveHttp(RequestData(self.stream_id, data))
                return
            else:
                return

    def _read_head(self) -> layer.CommandGenerator[bool]:
        while self.buffer.startswith(b"\r\n"):
            del self.buffer[:2]  # RFC 9112 section 2.2: an empty line before a request is forgiven
        try:
            raw = take_head(self.buffer, self.plane.settings.header_limit) if self.buffer else None
            if raw is None:
                return False
            parsed = parse_request(raw)
        except Malformed as error:
            yield from self._refuse(error.status, error.what)
            return False
        if any(self.plane.via in entry.decode("latin-1") for entry in parsed.via):
            yield from self._refuse(508, "this request has been here before")
            return False
        self._parsed, self._keep = parsed, parsed.keep
        self._answered = self._bodiless = self._tunnelled = self._until_close = self._chunked = False
        self._request_done = self._answer_done = False
        self._trailers = None
        self._body = reader(parsed.length)
        self._state = "body"
        question = Question(Passage(self.plane, parsed, self._peer))
        yield ReceiveHttp(RequestHeaders(self.stream_id, question, parsed.length == 0))
        return True

    def _read_body(self) -> layer.CommandGenerator[bool]:
        assert self._body is not None
        try:
            data, done = self._body.read(self.buffer)
        except Malformed as error:
            self.plane.tally.refused["client"] += 1
            yield ReceiveHttp(
                RequestProtocolError(self.stream_id, error.what, ErrorCode.GENERIC_CLIENT_ERROR)
            )
            yield from self._give_up(400, error.what)
            return False
        if data:
            yield ReceiveHttp(RequestData(self.stream_id, data))
        if not done:
            return False
        if self._body.trailers:
            yield ReceiveHttp(RequestTrailers(self.stream_id, http.Headers(self._body.trailers)))
        if self._state != "body":
            return False
        self._state, self._request_done = "wait", True
        yield ReceiveHttp(RequestEndOfMessage(self.stream_id))
        return True

    def ended(self, *, reset: bool) -> Commands:
        """The client went away, or at least says no more; an answer it waits for has nobody to go to."""
        del reset
        if self._state == "tunnel":
            yield ReceiveHttp(RequestEndOfMessage(self.stream_id))
            return
        open_stream = self._state in ("body", "wait")
        yield from self._close()
        if open_stream:
            yield ReceiveHttp(
                RequestProtocolError(self.stream_id, "the client went away", ErrorCode.CLIENT_DISCONNECTED)
            )

    def _refuse(self, status: int, what: str) -> Commands:
        self.plane.tally.refused["client"] += 1
        yield from self._give_up(status, what)

    # --- writing ---

    def send(self, event: HttpEvent) -> Commands:
        """Write one event."""
        match event:
            case ResponseData():
                yield from self._send_data(event.data)
            case ResponseHeaders():
                yield from self._send_head(event.response)
            case ResponseEndOfMessage():
                yield from self._send_end()
            case Informational():
                if self._parsed is not None and self._parsed.minor == 1 and not self._answered:
                    yield commands.SendData(self.conn, event.head)
            case ResponseTrailers():
                self._trailers = event.trailers
            case ResponseProtocolError():
                yield from self._send_failure(event)
            case _:
                raise AssertionError(f"unexpected {event}")

    def _send_head(self, answer: http.Response) -> Commands:
        if not isinstance(answer, Answer):  # mitmproxy's own 100 (Continue), for a body that is kept
            yield commands.SendData(self.conn, b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        assert self._parsed is not None
        parsed = answer.parsed
        fields = answer_fields(parsed.fields, status=parsed.status)
        self._tunnelled = parsed.status == 101
        self._chunked = parsed.length is None and self._parsed.minor == 1
        if parsed.length is None and not self._chunked:
            # HTTP/1.0 knows no chunks: the body ends with the connection.
            fields = tuple(
                field for field in fields if field[0].lower() not in (b"transfer-encoding", b"trailer")
            )
        self._until_close = parsed.length == -1 or (parsed.length is None and not self._chunked)
        self._keep = self._keep and not self._until_close and not self.plane.draining
        if not self._keep and not self._tunnelled:
            fields = (*fields, (b"Connection", b"close"))
        self._answered, self._bodiless = True, parsed.length == 0
        line = b"HTTP/1.%d %d %s\r\n" % (parsed.minor, parsed.status, parsed.reason)
        yield commands.SendData(self.conn, b"%s%s\r\n" % (line, render_fields(fields)))

    def _send_data(self, data: bytes) -> Commands:
        if self._state == "tunnel":
            yield commands.SendData(self.conn, data)
        elif not self._bodiless:
            yield from self._write(data)

    def _send_end(self) -> Commands:
        # An answer that overtakes its request ends twice: for the client at once, for mitmproxy with the request.
        if not self._answer_done and self._chunked and not self._bodiless:
            yield commands.SendData(self.conn, _last_chunk(self._trailers))
        self._answer_done = True
        if self._request_done:
            yield from self._finish()

    def _send_failure(self, event: ResponseProtocolError) -> Commands:
        if self._state == "closed":
            return
        if self._state == "tunnel":
            yield from self._end_tunnel()
            return
        failure = event.failure if isinstance(event, AnswerFailed) else None
        status = event.code.http_status_code()
        if failure is not None and failure.reason == "timeout":
            status = HTTPStatus.GATEWAY_TIMEOUT
        if self._answered or status is None:
            reset = isinstance(event, AnswerFailed) and (event.reset or self._until_close)
            yield from self._close(Sever if reset else commands.CloseConnection)
        else:
            yield from self._give_up(status, event.message, failure.reason if failure else None)

    def _give_up(self, status: int, what: str, reason: FailureReason | None = None) -> Commands:
        """Answer in our own words, and close."""
        if not self._answered and self.conn.state & ConnectionState.CAN_WRITE:
            yield commands.SendData(self.conn, own_answer(status, what, reason))
        yield from self._close()

    def _finish(self) -> Commands:
        if self._tunnelled:
            self._state = "tunnel"
            yield from self.advance()
        elif not self._keep:
            yield from self._close()
        else:
            self.stream_id += 2
            self._state, self._parsed = "head", None
            self._request_done = self._answer_done = self._answered = False
            if self.buffer:
                yield from self.advance()


class UpstreamCodec(_Codec):
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
                    yield commands.SendData(self.conn, _last_chunk(self._trailers))
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


_PROXY_ERRORS: Final[dict[FailureReason, str]] = {
    "timeout": "http_response_timeout",
    "refused": "connection_refused",
    "reset": "connection_terminated",
    "malformed": "http_protocol_error",
}
"""What RFC 9209 calls a failure, in Proxy-Status."""


def own_answer(status: int, what: str, reason: FailureReason | None = None) -> bytes:
    """An answer of the plane's own: plain text, one line, and the connection closes."""
    body = f"strangler: {what}\n".encode("utf-8", "replace")
    error = _PROXY_ERRORS.get(reason, "destination_unavailable") if reason else "http_request_error"
    fields = (
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"Content-Length", b"%d" % len(body)),
        (b"Proxy-Status", f"strangler; error={error}".encode()),
        (b"Connection", b"close"),
    )
    phrase = HTTPStatus(status).phrase.encode()
    return b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (status, phrase, render_fields(fields), body)
