"""The sockets of one client connection: its own and those to the sides, around mitmproxy's layers.

It stands in for mitmproxy's `ConnectionHandler`: callbacks in place of a task and two locks for every read, hooks
called in place of scheduled, deadlines for connecting and answering, and reading that stops while writing is behind.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

from mitmproxy import http
from mitmproxy.connection import Client, Connection, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._hooks import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from strangler.exchange import Side
from strangler_shadow.planes.mitmproxy.deadline import Deadline
from strangler_shadow.planes.mitmproxy.layers import LayerOptions, PlaneLayer
from strangler_shadow.planes.mitmproxy.link import TIMED_OUT, Link, connect
from strangler_shadow.planes.mitmproxy.messages import Answer, Question
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import Arm, ConnectionReset, Overdue, Sever

_log = logging.getLogger(__name__)
LINGER_SECONDS: Final = 2.0
_CUT: Final = struct.pack("ii", 1, 0)


_OPTIONS: Final = LayerOptions()


class Session:
    """One client connection. `feed` gives the layers an event and does what they ask for, until nothing is left."""

    def __init__(
        self, plane: Plane, sessions: set[Session], contexts: dict[Side, ssl.SSLContext | None]
    ) -> None:
        self._plane = plane
        self._sessions = sessions
        self._contexts = contexts
        self._links: dict[Connection, Link] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._slow: set[Link] = set()
        self._queue: deque[events.Event] = deque()
        self._busy = self._closed = self._choked = False
        self._deadline = Deadline(plane.loop, self._overdue)
        self.last_activity = plane.loop.time()
        self._client: Client = cast("Client", None)
        self.layer: PlaneLayer = cast("PlaneLayer", None)

    @classmethod
    def accept(
        cls, plane: Plane, sessions: set[Session], contexts: dict[Side, ssl.SSLContext | None]
    ) -> Link:
        """The protocol for a connection just accepted."""
        return Link(cls(plane, sessions, contexts))

    @property
    def idle(self) -> bool:
        """Between two requests."""
        return self.layer is None or (self.layer.codec.idle and not self.layer.streams)

    @property
    def waits_for_header(self) -> bool:
        """Inside a request's header."""
        return not self.layer.streams and not self.layer.codec.idle

    # --- from the sockets ---

    def opened(self, link: Link) -> None:
        """A socket is open: the client's starts the session."""
        if link.connection is not None:
            return
        transport = link.transport
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        client = Client(peername=peer or ("", 0), sockname=own or ("", 0), state=ConnectionState.OPEN)
        link.connection = self._client = client
        self._links[client] = link
        self._sessions.add(self)
        context = Context(client, cast("Any", _OPTIONS))
        context.server.address = ("", 0)
        self.layer = PlaneLayer(
            context, self._plane, peer[0] if isinstance(peer, tuple) and peer else "unknown"
        )
        self.feed(events.Start())

    def received(self, link: Link, data: bytes) -> None:
        """Bytes came."""
        connection = link.connection
        self.feed(events.DataReceived(connection, data))
        if connection is self._client:
            self.last_activity = self._plane.loop.time()
            if self.layer.congested:
                self._choked = True
                link.transport.pause_reading()

    def ended(self, link: Link) -> None:
        """The peer closed its half."""
        connection = link.connection
        if connection.state & ConnectionState.CAN_READ:
            connection.state &= ~ConnectionState.CAN_READ
            self.feed(events.ConnectionClosed(connection))

    def lost(self, link: Link, *, cut: bool) -> None:
        """A socket is gone; with the client's everything is."""
        connection = link.connection
        can_read = connection.state & ConnectionState.CAN_READ
        known = self._links.pop(connection, None) is not None
        connection.state = ConnectionState.CLOSED
        self.resume(link)
        if known and can_read and not self._closed:
            self.feed((ConnectionReset if cut else events.ConnectionClosed)(connection))
        if connection is self._client:
            self._close()

    def hold(self, link: Link) -> None:
        """Writing to one end is behind: stop reading from the other."""
        self._slow.add(link)
        for other in self._links.values():
            if (other.connection is self._client) != (link.connection is self._client):
                other.transport.pause_reading()

    def resume(self, link: Link) -> None:
        """Writing caught up."""
        if link in self._slow:
            self._slow.discard(link)
            for other in self._links.values():
                if (other.connection is self._client) != (link.connection is self._client):
                    self._read_on(other)

    def _read_on(self, link: Link) -> None:
        if not link.transport.is_closing() and not (link.connection is self._client and self._choked):
            link.transport.resume_reading()

    def _close(self) -> None:
        self._closed = True
        self._sessions.discard(self)
        self.layer.client_gone()
        self._deadline.clear()
        for task in self._opening:
            task.cancel()
        for link in list(self._links.values()):
            link.transport.abort()

    def cut(self) -> None:
        """End it now, whatever is under way."""
        link = self._links.get(self._client)
        if link is not None:
            link.transport.abort()

    def retire(self) -> None:
        """Close an idle connection."""
        link = self._links.get(self._client)
        if link is not None:
            link.transport.close()

    # --- between sockets and layers ---

    def feed(self, event: events.Event) -> None:
        """Give the layers an event; an event that arises meanwhile waits for its turn."""
        self._queue.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue:
                for command in self.layer.handle_event(self._queue.popleft()):
                    action = _ACTIONS.get(type(command))
                    if action is not None:
                        action(self, command)
        except Exception:  # noqa: BLE001  a fault of ours must cost one connection, not the plane
            _log.exception("a connection was cut: the plane could not go on with it")
            self._queue.clear()
            self.cut()
        finally:
            self._busy = False
        if self._choked and not self.layer.congested:
            self._choked = False
            link = self._links.get(self._client)
            if link is not None and not any(slow.connection is not self._client for slow in self._slow):
                self._read_on(link)

    def on_send(self, command: commands.SendData) -> None:
        """Write, unless the socket is going."""
        link = self._links.get(command.connection)
        if link is not None and link.linger is None and not link.transport.is_closing():
            link.transport.write(command.data)

    def on_close_connection(self, command: commands.CloseConnection) -> None:
        """Close, or half-close; the client is left time to read what it was sent."""
        link = self._links.get(command.connection)
        if link is None or link.linger is not None:
            return
        connection = command.connection
        if isinstance(command, commands.CloseTcpConnection) and command.half_close:
            if connection.state & ConnectionState.CAN_WRITE:
                connection.state &= ~ConnectionState.CAN_WRITE
                link.transport.write_eof()
            return
        peer_done = not connection.state & ConnectionState.CAN_READ
        connection.state = ConnectionState.CLOSED
        transport = link.transport
        if connection is self._client and not peer_done and transport.can_write_eof():
            # RFC 9112 section 9.6: closing with unread bytes would take the answer from the client again.
            self._choked = False
            link.linger = self._plane.loop.call_later(LINGER_SECONDS, transport.abort)
            transport.write_eof()
            transport.resume_reading()
        else:
            transport.close()

    def on_sever(self, command: Sever) -> None:
        """Cut, with a reset."""
        link = self._links.get(command.connection)
        if link is not None:
            sock = link.transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CUT)
            command.connection.state = ConnectionState.CLOSED
            link.transport.abort()

    def on_open(self, command: commands.OpenConnection) -> None:
        """Connect to a side."""
        if self._closed:
            self._queue.append(events.OpenConnectionCompleted(command, "the client has gone"))
            return
        task = self._plane.loop.create_task(self._connect(command))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, command: commands.OpenConnection) -> None:
        server = command.connection
        assert server.address is not None
        side = cast("Side", server.address[0])
        link = Link(self, server)
        error: str | None = None
        try:
            transport = await connect(self._plane, side, self._contexts[side], link)
        except OSError as failure:
            error = str(failure)
        except asyncio.CancelledError:  # the deadline of the answer, or the client has gone
            error = f"{TIMED_OUT}: no connection to {side}"
        else:
            self._links[server] = link
            server.peername = transport.get_extra_info("peername")
            server.timestamp_start = time.time()
            server.state = ConnectionState.OPEN
            if self._closed:
                transport.abort()
        self.feed(events.OpenConnectionCompleted(command, error))

    def on_arm(self, command: Arm) -> None:
        """A deadline for the question put now; one of 0 s is none."""
        self._deadline.set(command.seconds, Overdue(command.stream_id, command.attempt))

    def _overdue(self, event: Overdue) -> None:
        for task in self._opening:
            task.cancel()
        self.feed(event)

    # --- hooks ---

    def on_hook(self, command: Any) -> None:
        """The stream has come to a point where the passage decides or learns something."""
        flow: http.HTTPFlow = command.flow
        question = cast("Question", flow.request)
        passage = question.passage
        match command:
            case HttpRequestHeadersHook():
                passage.head_read(question)
            case HttpRequestHook():
                passage.request_read(question)
                self.on_arm(Arm(self.layer.codec.stream_id, passage.attempt, passage.deadline))
            case HttpResponseHeadersHook():
                passage.answer_read(cast("Answer", flow.response))
                if not passage.held:
                    self._deadline.clear()
            case HttpResponseHook():
                self._deadline.clear()
                passage.answered(question, cast("Answer", flow.response))
            case _:
                self._deadline.clear()
                passage.failed(question)
        self._queue.append(events.HookCompleted(command))


_ACTIONS: Final[dict[type[commands.Command], Callable[[Session, Any], None]]] = {
    commands.SendData: Session.on_send,
    commands.OpenConnection: Session.on_open,
    commands.CloseConnection: Session.on_close_connection,
    commands.CloseTcpConnection: Session.on_close_connection,
    Sever: Session.on_sever,
    Arm: Session.on_arm,
    HttpRequestHeadersHook: Session.on_hook,
    HttpRequestHook: Session.on_hook,
    HttpResponseHeadersHook: Session.on_hook,
    HttpResponseHook: Session.on_hook,
    HttpErrorHook: Session.on_hook,
}
"""What the layers may ask for; anything else (their log lines) is not ours."""
