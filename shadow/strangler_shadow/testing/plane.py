"""A plane that carries no traffic: it tells the worker what a test wants it to have seen."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from strangler.exchange import (
    VERSION,
    Cohort,
    Exchange,
    Failure,
    Fields,
    Message,
    Origin,
    Request,
    Response,
    Side,
)
from strangler.testing.closing import Closing
from strangler_shadow.wire import Captured, Counts, Goodbye, Heartbeat, Hello, encode


class FakePlane(Closing):
    """One connection to a worker. It counts as a plane does; `drop` and `swallow` lose exchanges, told and untold."""

    def __init__(self, path: Path, plane: str = "test/plane-1", boot: str = "boot-1", pid: int = 0) -> None:
        self.plane, self.boot, self.pid = plane, boot, pid or os.getpid()
        self.sent = 0
        self.dropped: dict[str, int] = {}
        self.served: dict[str, tuple[int, int, int]] = {}
        self._path = path
        self._socket: socket.socket | None = None

    def connect(self) -> Self:
        """Connect and say Hello."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(self._path))
        self._write(encode(Hello(self.plane, self.boot, self.pid, time.time_ns(), self.counts)))
        return self

    @property
    def counts(self) -> Counts:
        """The counters so far."""
        return Counts(sent=self.sent, dropped=dict(self.dropped), served=dict(self.served))

    def send(self, exchange: Exchange) -> None:
        """Send an exchange under the next number."""
        self._write(encode(Captured(self.number(exchange))))

    def number(self, exchange: Exchange) -> Exchange:
        """The exchange under the next number, which counts as sent."""
        self.sent += 1
        origin = Origin(self.plane, self.boot, self.sent)
        return msgspec.structs.replace(exchange, origin=origin)

    def drop(self, count: int = 1) -> None:
        """Exchanges that the plane drops and counts."""
        self.sent += count
        self.dropped["queue-full"] = self.dropped.get("queue-full", 0) + count

    def swallow(self, count: int = 1) -> None:
        """Exchanges that get lost on the way: a gap."""
        self.sent += count

    def beat(self, generation: int = 1, queued: int = 0) -> None:
        """A heartbeat."""
        self._write(encode(Heartbeat(time.time_ns(), generation, queued, 0, self.counts)))

    def goodbye(self) -> None:
        """Say so, and close."""
        self._write(encode(Goodbye(time.time_ns(), self.counts)))
        self.close()

    def raw(self, data: bytes) -> None:
        """Send any bytes."""
        self._write(data)

    def close(self) -> None:
        """Close the connection without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self.connect()

    def _write(self, data: bytes) -> None:
        if self._socket is None:
            raise ConnectionError("not connected")
        self._socket.sendall(data)


def exchange(
    target: str = "/invoices/1",
    body: bytes = b"{}",
    *,
    route: str = "invoice",
    cutover: str = "reads",
    method: str = "GET",
    status: int = 200,
    primary: Side = "legacy",
    fields: Fields = ((b"Content-Type", b"application/json"),),
    request_fields: Fields = ((b"Host", b"plane.test"),),
    request_body: bytes = b"",
    failure: Failure | None = None,
    fallback: Failure | None = None,
    strata: Mapping[str, str] | None = None,
    cohort: Cohort = "",
    bucket: int | None = None,
    generation: int = 1,
) -> Exchange:
    """An exchange as a plane would have seen it; `failure`: the primary gave no answer."""
    message = Message(request_fields, request_body, len(request_body))
    answer = Response(status, b"OK", Message(fields, body, len(body)), 1_000_000)
    return Exchange(
        version=VERSION,
        origin=Origin("", "", 0),
        at_ns=time.time_ns(),
        route=route,
        cutover=cutover,
        generation=generation,
        primary=primary,
        bucket=bucket,
        identity_hash=b"",
        strata=tuple((strata or {}).items()),
        request=Request(method, target, "http", "plane.test", "127.0.0.1", message),
        response=None if failure else answer,
        failure=failure,
        fallback=fallback,
        cohort=cohort,
    )
