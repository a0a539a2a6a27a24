"""mitmproxy's stream of one request, with the points where a canary falls back to legacy.

A safe request that the candidate serves is *guarded*: its body is kept, the candidate's answer is held until it is
whole, and until then legacy can still be asked the same. mitmproxy's `error` hook cannot answer, so the question is
put again here, in the stream, over the same connections and the same strict reading as every other.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from mitmproxy.connection import Connection
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import tcp
from mitmproxy.proxy.layers.http import DropStream, HttpStream, SendHttp
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
)

from strangler.exchange import Failure, Side
from strangler_shadow.planes.mitmproxy.link import TIMED_OUT
from strangler_shadow.planes.mitmproxy.messages import Answer, Question
from strangler_shadow.planes.mitmproxy.passage import Passage
from strangler_shadow.planes.mitmproxy.signals import AnswerFailed, Arm, Informational, Overdue

type Commands = layer.CommandGenerator[None]


class PlaneStream(HttpStream):
    """One request and its answer. `_asked`: the connection its question was put to."""

    body_limit: int
    _asked: Connection | None = None

    @property
    def question(self) -> Question:
        """The request."""
        return cast("Question", self.flow.request)

    @property
    def passage(self) -> Passage:
        """What is known of it."""
        return self.question.passage

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, Informational):
            if not self.passage.guarded:
                yield SendHttp(event, self.context.client)
        elif isinstance(event, Overdue):
            yield from self._overdue(event)
        else:
            yield from super()._handle_event(event)

    # --- limits ---

    def check_body_size(self, request: bool) -> layer.CommandGenerator[bool]:
        """A body that is kept, or an answer that is held, outgrew the limit: it streams from here on."""
        if request and len(self.request_body_buf) > self.body_limit:
            kept = bytes(self.request_body_buf)
            self.request_body_buf.clear()  # type: ignore[no-untyped-call]
            self.passage.body_too_large(self.question)
            yield from self.start_request_stream()
            yield from self._handle_event(RequestData(self.stream_id, kept))
        elif not request and self.passage.held and len(self.response_body_buf) > self.body_limit:
            kept = bytes(self.response_body_buf)
            self.response_body_buf.clear()  # type: ignore[no-untyped-call]
            self.passage.release(cast("Answer", self.flow.response))
            yield Arm(self.stream_id, 0, 0)
            yield from self.start_response_stream()
            yield from self._handle_event(ResponseData(self.stream_id, kept))
        return False

    # --- asking, and asking again ---

    def make_server_connection(self) -> layer.CommandGenerator[bool]:
        """A connection to the side asked; remembered, so that the question can be taken back."""
        connected = yield from super().make_server_connection()
        if connected:
            self._asked = self.context.server
        return connected

    def _take_back(self) -> Commands:
        asked, self._asked = self._asked, None
        if asked is not None:
            yield SendHttp(RequestProtocolError(self.stream_id, "no longer asked", ErrorCode.CANCEL), asked)

    def _ask_again(self, side: Side) -> Commands:
        yield from self._take_back()
        passage, question = self.passage, self.question
        passage.attempt += 1
        passage.aim(question, side)
        self.response_body_buf.clear()  # type: ignore[no-untyped-call]
        self.flow.response = None
        self.server_state = self.state_wait_for_response_headers
        yield Arm(self.stream_id, passage.attempt, passage.deadline)
        if not (yield from self.make_server_connection()):
            return
        content, trailers, server = question.raw_content, question.trailers, self.context.server
        bare = not (content or trailers)
        yield SendHttp(RequestHeaders(self.stream_id, question, bare), server)
        if content:
            yield SendHttp(RequestData(self.stream_id, content), server)
        if trailers:
            yield SendHttp(RequestTrailers(self.stream_id, trailers), server)
        yield SendHttp(RequestEndOfMessage(self.stream_id), server)

    # --- answers, and none ---

    def state_wait_for_response_headers(self, event: ResponseHeaders) -> Commands:
        """A 5xx under guard is no answer."""
        status = event.response.status_code
        if self.passage.guarded and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.passage.fall_back(Failure("server-error", f"answered {status}"))
            yield from self._ask_again("legacy")
        else:
            yield from super().state_wait_for_response_headers(event)

    @property
    def _unanswered(self) -> bool:
        waiting = (self.state_wait_for_response_headers, self.state_consume_response_body)
        return self.client_state == self.state_done and self.server_state in waiting

    def handle_protocol_error(self, event: RequestProtocolError | ResponseProtocolError) -> Commands:
        """No answer: under guard legacy is asked; after a connection that had gone stale, the same side again."""
        passage = self.passage
        if isinstance(event, ResponseProtocolError) and not passage.gone:
            failure = failure_of(event)
            if self._unanswered and passage.guarded:
                passage.fall_back(failure)
                yield from self._ask_again("legacy")
                return
            if self._unanswered and isinstance(event, AnswerFailed) and event.stale and passage.repeatable:
                yield from self._ask_again(passage.side)
                return
            passage.fault = failure
        elif event.code is ErrorCode.CLIENT_DISCONNECTED:
            passage.gone = True
        yield from super().handle_protocol_error(event)

    def _overdue(self, event: Overdue) -> Commands:
        if event.attempt != self.passage.attempt or not self._unanswered:
            return
        yield from self._take_back()
        failure = Failure("timeout", f"no answer within {self.passage.deadline:g} s")
        yield from self.handle_protocol_error(
            AnswerFailed(self.stream_id, failure, ErrorCode.GENERIC_SERVER_ERROR)
        )

    # --- endings ---

    def send_response(self, already_streamed: bool = False) -> Commands:
        """An answer that overtakes its request is whole for the client at once, not with the request."""
        yield from super().send_response(already_streamed)
        if self.client_state == self.state_stream_request_body and self.server_state == self.state_done:
            yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)

    def flow_done(self) -> Commands:
        """Both are whole. After 101 (Switching Protocols) bytes pass, unread and unkept."""
        self.flow.live = False
        if (
            self.flow.response is not None
            and self.flow.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS
        ):
            self.child_layer = tcp.TCPLayer(self.context, ignore=True)
            self._handle_event = self.passthrough  # type: ignore[method-assign]
            yield from self.child_layer.handle_event(events.Start())
        else:
            yield DropStream(self.stream_id)
        yield SendHttp(ResponseEndOfMessage(self.stream_id), self.context.client)


def failure_of(event: ResponseProtocolError) -> Failure:
    """Why there is no answer, in the terms of an exchange."""
    if isinstance(event, AnswerFailed):
        return event.failure
    if event.code is ErrorCode.CONNECT_FAILED:
        return Failure("timeout" if event.message.startswith(TIMED_OUT) else "refused", event.message)
    return Failure("malformed", event.message)
