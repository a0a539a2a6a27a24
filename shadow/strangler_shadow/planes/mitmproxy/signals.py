"""Events and commands that mitmproxy has no name for."""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http._base import HttpEvent
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

from strangler.exchange import Failure


@dataclass
class Informational(HttpEvent):
    """An interim answer (1xx), to be passed on as it is: RFC 9110 section 15.2."""

    head: bytes


@dataclass
class Overdue(HttpEvent):
    """The deadline of the `attempt`-th question of a passage is over."""

    attempt: int


class AnswerFailed(ResponseProtocolError):  # noqa: N818  an event, not an exception
    """No answer, or half of one, and why.

    `reset`: the side cut the connection instead of closing it. `stale`: a connection that had served before ended
    without a word, so the side may never have seen the request.
    """

    def __init__(
        self, stream_id: int, failure: Failure, code: ErrorCode, *, reset: bool = False, stale: bool = False
    ) -> None:
        super().__init__(stream_id, failure.detail, code)
        self.failure = failure
        self.reset = reset
        self.stale = stale


class ConnectionReset(events.ConnectionClosed):
    """The peer cut the connection."""


class Sever(commands.CloseConnection):
    """Cut the connection, so that the peer cannot take what it has for the whole."""


class Arm(commands.Command):
    """Raise `Overdue` in `seconds`; one question at a time, so a new deadline takes the old one's place."""

    def __init__(self, stream_id: int, attempt: int, seconds: float) -> None:
        self.stream_id = stream_id
        self.attempt = attempt
        self.seconds = seconds
