"""One request's way through the plane: decided once, put to a side, answered, and handed to capture."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
from mitmproxy import http

from strangler.exchange import VERSION, Exchange, Failure, Fields, Message, Request, Response, Side
from strangler.routing import Decision, Table, needs_body, route
from strangler.routing.table import OWNER
from strangler_shadow.capture import OVERHEAD
from strangler_shadow.destination import Hop
from strangler_shadow.planes.content import decoded, is_event_stream
from strangler_shadow.planes.heads import ParsedRequest
from strangler_shadow.planes.mitmproxy.messages import Answer, Question
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.tap import QUEUE_FULL, Tap

_LEGACY, _CANDIDATE, _FALLBACK = 0, 1, 2
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that RFC 9110 section 9.2.2 lets a proxy send again when a connection ends before any answer."""


class Passage:
    """What is known of one request. `side`: who is asked now. `fallback`: the candidate's failure, if it had one.

    `guarded`: legacy answers when the candidate does not. `held`: its answer waits until it is whole. `streamed`:
    the request's body went to its side as it came, so that nobody else can be asked. `fault`, `gone`: how it ended
    without an answer, by the side's failure or because the client left.
    """

    __slots__ = (
        "_at_ns",
        "_body",
        "_ended",
        "_hop",
        "_plane",
        "_request_tap",
        "_response_tap",
        "_table",
        "_wanted",
        "attempt",
        "decision",
        "fallback",
        "fault",
        "fields",
        "gone",
        "guarded",
        "held",
        "parsed",
        "side",
        "streamed",
    )

    def __init__(self, plane: Plane, parsed: ParsedRequest, peer: str) -> None:
        self._plane = plane
        self._table: Table = plane.tables.current
        self._hop = Hop(peer, plane.scheme, parsed.authority, plane.via)
        self._request_tap: Tap | None = None
        self._response_tap: Tap | None = None
        self._body = b""
        self._at_ns = self._ended = 0
        self._wanted = False
        self.parsed = parsed
        self.decision: Decision | None = None
        self.side: Side = self._table.owner
        self.guarded = self.held = self.streamed = self.gone = False
        self.fallback: Failure | None = None
        self.fault: Failure | None = None
        self.fields: Fields = ()
        self.attempt = 0

    @property
    def repeatable(self) -> bool:
        """Whether the same side may be asked again after its connection ended without a word."""
        safe = self.decision is not None and self.decision.safe
        return not self.streamed and (safe or self.parsed.head.method in _REPEATABLE)

    @property
    def deadline(self) -> float:
        """Seconds that the side asked now has for its answer."""
        if self.guarded and self.decision is not None:
            return self.decision.deadline_ms / 1000
        return self._plane.destinations[self.side].timeout_seconds

    # --- the request ---

    def head_read(self, question: Question) -> None:
        """The head is there: decide now, or after the body; stream the body, or keep it."""
        parsed = self.parsed
        has_body = parsed.length != 0
        limit = self._plane.settings.body_limit
        small = parsed.length is None or parsed.length <= limit
        if has_body and needs_body(self._table, parsed.head):
            if small:
                return
            self._decide(route(self._table, parsed.head), "too-large")
        else:
            self._decide(route(self._table, parsed.head))
        if self.guarded and has_body and not small:
            self._give_up_guard()
        if has_body and not self.guarded:
            self._stream(question)

    def body_too_large(self, question: Question) -> None:
        """A body that was to be kept grew over the limit: the owner gets it as it comes."""
        if self.decision is None:
            self._decide(route(self._table, self.parsed.head), "too-large")
        else:
            self._give_up_guard()
        self._stream(question)

    def _stream(self, question: Question) -> None:
        self.streamed = True
        if self._wanted:
            self._request_tap = Tap(self._plane.queue, self._plane.settings.body_limit)
        question.stream = self._request_tap or True
        if self.parsed.expect:
            # The side itself says 100 (Continue); mitmproxy must not say it before.
            question.headers = http.Headers()
        self.aim(question, self.side)

    def request_read(self, question: Question) -> None:
        """The last byte is there."""
        self._at_ns = self._plane.now_ns()
        self._ended = self._plane.ticks_ns()
        if self.streamed:
            return
        self._body = question.raw_content or b""
        if self.decision is None:
            self._decide(route(self._table, self.parsed.head, decoded(self.parsed.head.fields, self._body)))
        self.aim(question, self.side)

    def _decide(self, decision: Decision, unreadable: str = "unreadable") -> None:
        plane = self._plane
        self.decision = decision
        self.side = decision.primary
        self.guarded = decision.fallback
        if decision.unreadable:
            plane.tally.uncaptured[unreadable] += 1
        elif decision.shadow is not None and plane.settings.capture:
            self._wanted = decision.sampling >= 10_000 or plane.draw() * 10_000 < decision.sampling
        elif decision.watched:
            self._wanted = plane.settings.capture

    def _give_up_guard(self) -> None:
        """A body over the limit cannot be sent twice: the owner serves."""
        assert self.decision is not None
        self.guarded, self.side = False, "legacy"
        if self._wanted:
            self._wanted = False
            self._plane.tally.uncaptured["too-large"] += 1

    def aim(self, question: Question, side: Side) -> None:
        """Put the request in the words of one side. mitmproxy's host is the side's name: the session knows it."""
        destination = self._plane.destinations[side]
        parsed = self.parsed
        self.side = side
        self.fields = destination.fields(
            parsed.head.fields,
            self._hop,
            websocket=parsed.websocket,
            without=b"expect" if parsed.expect and not self.streamed else b"",
        )
        data = question.data
        data.host, data.port = side, 0
        data.path = destination.target(parsed.head.target).encode("latin-1")

    # --- the answer ---

    def answer_read(self, answer: Answer) -> None:
        """Its head is there: hold it, or let it stream and listen in."""
        fields = answer.parsed.fields
        live = is_event_stream(fields) or answer.status_code == 101
        self.held = self.guarded and not live
        if self.held:
            return
        self.release(answer)
        if self._wanted and live:
            self._wanted = False
            self._plane.tally.uncaptured["upgrade" if answer.status_code == 101 else "event-stream"] += 1

    def release(self, answer: Answer) -> None:
        """From here on the client gets the answer as it comes; nobody else can answer any more."""
        self.guarded = self.held = False
        if self._wanted:
            self._response_tap = Tap(self._plane.queue, self._plane.settings.body_limit)
        answer.stream = self._response_tap or True

    def fall_back(self, failure: Failure) -> None:
        """The candidate did not answer: legacy will."""
        self.fallback = msgspec.structs.replace(failure, elapsed_ns=self._plane.ticks_ns() - self._ended)
        self.guarded = self.held = False

    def answered(self, question: Question, answer: Answer) -> None:
        """The last byte is there: count, and hand the exchange over once the client has been served."""
        self._count()
        if self._wanted and not self._ended:
            # The answer overtook the request: half a question is no exchange.
            self._wanted = False
            self._plane.tally.uncaptured["answered-early"] += 1
        if not self._wanted:
            self._close()
            return
        elapsed = self._plane.ticks_ns() - self._ended
        self._plane.loop.call_soon(self._record, question, answer, None, elapsed)

    def failed(self, question: Question) -> None:
        """No answer, or half of one: the side's failure is an exchange too, a client that left is not."""
        failure = self.fault
        if failure is None or self.gone:
            self._abandon()
            return
        self._count()
        if failure.reason == "malformed":
            self._plane.tally.refused["upstream"] += 1
        if not self._wanted:
            self._close()
            return
        elapsed = self._plane.ticks_ns() - (self._ended or self._plane.ticks_ns())
        self._plane.loop.call_soon(self._record, question, None, failure, elapsed)

    def _abandon(self) -> None:
        if self._wanted and self.gone:
            self._plane.tally.uncaptured["client-gone"] += 1
        self._wanted = False
        self._close()

    # --- what is handed over ---

    def _count(self) -> None:
        kind = _FALLBACK if self.fallback else _CANDIDATE if self.side == "candidate" else _LEGACY
        self._plane.tally.serve(self.decision.route if self.decision else "", kind)

    def _close(self) -> None:
        for tap in (self._request_tap, self._response_tap):
            if tap is not None:
                tap.close()
        self._request_tap = self._response_tap = None

    def _record(
        self, question: Question, answer: Answer | None, failure: Failure | None, elapsed_ns: int
    ) -> None:
        queue = self._plane.queue
        request, response = self._request_tap, self._response_tap
        spoiled = {tap.spoiled for tap in (request, response) if tap is not None}
        body = request.body() if request else self._body
        answered = response.body() if response else (answer.raw_content or b"") if answer else b""
        self._close()
        if "too-large" in spoiled or max(len(body), len(answered)) > self._plane.settings.body_limit:
            self._plane.tally.uncaptured["too-large"] += 1
            return
        origin = queue.next_origin()
        if QUEUE_FULL in spoiled:
            queue.drop()
            return
        decision = self.decision
        assert decision is not None
        exchange = Exchange(
            version=VERSION,
            origin=origin,
            at_ns=self._at_ns or self._plane.now_ns(),
            route=decision.route,
            cutover=decision.cutover,
            generation=decision.generation,
            primary=self.side,
            bucket=decision.bucket,
            identity_hash=self._plane.hash_identity(decision.identity),
            strata=decision.strata,
            request=self._request(question, body),
            response=_response(answer, answered, elapsed_ns) if answer else None,
            failure=msgspec.structs.replace(failure, elapsed_ns=elapsed_ns) if failure else None,
            fallback=self.fallback,
            cohort=decision.cohort,
            watched=decision.watched,
            sole=None if decision.phase == "canary" else OWNER[decision.phase],
        )
        queue.put(exchange, OVERHEAD + len(body) + len(answered))

    def _request(self, question: Question, body: bytes) -> Request:
        head = self.parsed.head
        trailers = question.trailers.fields if question.trailers else ()
        message = Message(head.fields, body, len(body), sha256(body).digest(), trailers)
        return Request(
            head.method, head.target, self._hop.scheme, self._hop.authority, self._hop.peer, message
        )


def _response(answer: Answer, body: bytes, elapsed_ns: int) -> Response:
    trailers = answer.trailers.fields if answer.trailers else ()
    parsed = answer.parsed
    message = Message(parsed.fields, body, len(body), sha256(body).digest(), trailers)
    return Response(parsed.status, parsed.reason, message, elapsed_ns)
