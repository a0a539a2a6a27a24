"""Towards the client: requests are read, answers written."""

from __future__ import annotations

from http import HTTPStatus

from mitmproxy import http
from mitmproxy.connection import ConnectionState
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
    ResponseProtocolError,
    ResponseTrailers,
)

from strangler.exchange import FailureReason
from strangler_shadow.destination import answer_fields
from strangler_shadow.planes.bodies import reader
from strangler_shadow.planes.heads import (
    Malformed,
    ParsedRequest,
    parse_request,
    take_head,
)
from strangler_shadow.planes.mitmproxy.codec import Codec, Commands, last_chunk, render_fields
from strangler_shadow.planes.mitmproxy.messages import Answer, Question
from strangler_shadow.planes.mitmproxy.own import own_answer
from strangler_shadow.planes.mitmproxy.passage import Passage
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import AnswerFailed, Informational, Sever


class ClientCodec(Codec):
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
            yield commands.SendData(self.conn, last_chunk(self._trailers))
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
