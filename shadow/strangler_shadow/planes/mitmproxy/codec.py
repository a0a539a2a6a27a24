"""HTTP/1 between bytes and mitmproxy's events, strictly, in both directions.

It stands in for mitmproxy's `Http1Server` and `Http1Client`, which know neither trailers nor interim answers nor a
limit for a header, and which read bare line feeds, folded lines and blanks before a colon as if they were nothing.
"""

from __future__ import annotations

from typing import Literal

from mitmproxy import http
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http._base import HttpConnection, HttpEvent

from strangler.exchange import Fields
from strangler_shadow.planes.bodies import Reader
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import ConnectionReset

type Commands = layer.CommandGenerator[None]
type State = Literal["head", "body", "wait", "tunnel", "closed"]


def render_fields(fields: Fields) -> bytes:
    """As they go over the wire, without the blank line."""
    return b"".join([b"%s: %s\r\n" % field for field in fields])


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def last_chunk(trailers: http.Headers | None) -> bytes:
    """The end of a chunked body."""
    return b"0\r\n%s\r\n" % (render_fields(trailers.fields) if trailers else b"")


class Codec(HttpConnection):
    """What both directions share: a buffer, a state, the body being read."""

    def __init__(self, context: Context, conn: Connection, plane: Plane) -> None:
        super().__init__(context, conn)
        self.plane = plane
        self.buffer = bytearray()
        self.stream_id = 0
        self._state: State = "head"
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
            yield commands.SendData(self.conn, chunk(data) if self._chunked else data)
