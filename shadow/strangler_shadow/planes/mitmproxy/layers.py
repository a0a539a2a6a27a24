"""mitmproxy's layer of one client connection, with our codec at both ends and our stream between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from mitmproxy.connection import ConnectionState, Server
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import (
    GetHttpConnection,
    GetHttpConnectionCompleted,
    HttpLayer,
    HTTPMode,
    RegisterHttpConnection,
)

from strangler_shadow.planes.mitmproxy.client import ClientCodec
from strangler_shadow.planes.mitmproxy.plane import Plane
from strangler_shadow.planes.mitmproxy.signals import Overdue
from strangler_shadow.planes.mitmproxy.stream import PlaneStream
from strangler_shadow.planes.mitmproxy.upstream import UpstreamCodec

type Commands = layer.CommandGenerator[None]

MAX_IDLE_SECONDS: Final = 1.0
"""A request that may not be sent twice takes no connection idle for longer: its side may be closing it."""
CONGESTED_EVENTS: Final = 16


@dataclass(frozen=True, slots=True)
class LayerOptions:
    """The options that mitmproxy's layers read; ours are `PlaneSettings`.

    `validate_inbound_headers` is off because the codec refuses more, and before a stream exists.
    """

    validate_inbound_headers: bool = False
    store_streamed_bodies: bool = False
    keep_host_header: bool = True
    websocket: bool = False
    rawtcp: bool = True
    proxy_debug: bool = False
    stream_large_bodies: str | None = None
    body_size_limit: str | None = None


def fork(context: Context) -> Context:
    """What `Context.fork` gives, without the connection it makes up and throws away."""
    forked = Context.__new__(Context)
    forked.client, forked.options = context.client, context.options
    forked.server, forked.layers = context.server, context.layers.copy()
    return forked


class Upstream(layer.Layer):
    """A connection to a side, and the codec on it."""

    def __init__(self, context: Context, plane: Plane) -> None:
        super().__init__(context)
        self.codec = UpstreamCodec(context, plane)

    def _handle_event(self, event: events.Event) -> Commands:
        del event  # only ever Start
        error = yield commands.OpenConnection(self.context.server)
        if not error:
            self._handle_event = self.codec.handle_event  # type: ignore[method-assign]
        yield RegisterHttpConnection(self.context.server, error)


class PlaneLayer(HttpLayer):
    """All requests of one client connection."""

    def __init__(self, context: Context, plane: Plane, peer: str) -> None:
        super().__init__(context, HTTPMode.transparent)
        self._plane = plane
        self.codec = ClientCodec(fork(context), plane, peer)
        self.connections[context.client] = self.codec

    @property
    def congested(self) -> bool:
        """The client sends more than can be worked on now."""
        if self.codec.congested:
            return True
        # The events a stream has not taken while it waits for a connection: mitmproxy has no other word for them.
        return any(len(stream._paused_event_queue) > CONGESTED_EVENTS for stream in self.streams.values())  # noqa: SLF001

    def client_gone(self) -> None:
        """Nobody waits any more: what fails from here on is no side's failure."""
        for stream in self.streams.values():
            cast("PlaneStream", stream).passage.gone = True

    def _handle_event(self, event: events.Event) -> Commands:
        if isinstance(event, Overdue):
            stream = self.streams.get(event.stream_id)
            if stream is not None:
                yield from self.event_to_child(stream, event)
        else:
            yield from super()._handle_event(event)

    def make_stream(self, stream_id: int) -> Commands:
        """One for each request."""
        stream = PlaneStream(fork(self.context), stream_id)
        stream.body_limit = self._plane.settings.body_limit
        self.streams[stream_id] = stream
        yield from self.event_to_child(stream, events.Start())

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> Commands:
        """The connection to a side, or a new one."""
        del reuse
        known = yield from self._known(event)
        if known is not None:
            stream = self.command_sources.pop(event)
            yield from self.event_to_child(stream, GetHttpConnectionCompleted(event, (known, None)))
            return
        context = fork(self.context)
        context.server = Server(address=event.address)
        upstream = Upstream(context, self._plane)
        self.connections[context.server] = upstream
        self.waiting_for_establishment[context.server].append(event)
        yield from self.event_to_child(upstream, events.Start())

    def _known(self, event: GetHttpConnection) -> layer.CommandGenerator[Server | None]:
        """An open connection that may be used for this request; closed ones are forgotten on the way."""
        found: Server | None = None
        stream = cast("PlaneStream", self.command_sources[event])
        for connection, upstream in list(self.connections.items()):
            if not isinstance(connection, Server) or connection in self.waiting_for_establishment:
                continue
            if connection.state is ConnectionState.CLOSED:
                del self.connections[connection]
            elif connection.address == event.address and isinstance(upstream, Upstream):
                idle = self._plane.loop.time() - upstream.codec.idle_since
                if connection.connected and (idle < MAX_IDLE_SECONDS or stream.passage.repeatable):
                    found = connection
                else:
                    del self.connections[connection]
                    yield commands.CloseConnection(connection)
        return found

    def register_connection(self, command: RegisterHttpConnection) -> Commands:
        """An attempt ended. A failed one is not remembered: the next request tries anew."""
        if command.err:
            self.connections.pop(command.connection, None)
        yield from super().register_connection(command)
