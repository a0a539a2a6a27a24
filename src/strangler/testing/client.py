"""A client that sends any bytes and reads an answer without forgiving, or repairing, anything."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Self

from strangler.testing.closing import Closing
from strangler.testing.origin import Fields, fields_of


class Cut(Exception):  # noqa: N818  what happened
    """The connection ended before the answer did. `seen`: the bytes that came."""

    def __init__(self, what: str, seen: bytes) -> None:
        self.seen = seen
        super().__init__(f"{what} after {seen[-200:]!r}")


@dataclass(slots=True)
class Reply:
    """One answer as it stood on the wire; `body` without chunk framing. `interim`: heads of 1xx before it."""

    line: bytes
    fields: Fields
    body: bytes
    trailers: Fields = ()
    interim: list[bytes] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.line.split(b" ", 2)[1])

    def values(self, name: str) -> list[bytes]:
        """The values of a field, in order."""
        wanted = name.lower().encode()
        return [value for found, value in self.fields if found.lower() == wanted]


class RawClient(Closing):
    """One connection to 127.0.0.1. A wait of more than `seconds` is a TimeoutError."""

    def __init__(self, port: int, seconds: float = 40) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data: bytes) -> Self:
        """Send these bytes."""
        self.socket.sendall(data)
        return self

    def ask(self, method: str, target: str, *fields: tuple[str, str], body: bytes | None = None) -> Reply:
        """Send a request and read its answer."""
        self.send(request(method, target, *fields, body=body))
        return self.read(method)

    def read(self, method: str = "GET") -> Reply:
        """The next answer. `method`: of its request. Raises Cut."""
        interim: list[bytes] = []
        while True:
            head = self.until(b"\r\n\r\n")[:-4]
            line, *lines = head.split(b"\r\n")
            status = int(line.split(b" ", 2)[1])
            if status >= 200 or status == 101:
                break
            interim.append(head)
        fields = fields_of(lines)
        named = {name.lower(): value for name, value in fields}
        if method == "HEAD" or status in (101, 204, 304):
            return Reply(line, fields, b"", (), interim)
        if named.get(b"transfer-encoding", b"").lower() == b"chunked":
            body, trailers = self._chunks()
            return Reply(line, fields, body, trailers, interim)
        if b"content-length" in named:
            return Reply(line, fields, self.exactly(int(named[b"content-length"])), (), interim)
        return Reply(line, fields, self.rest(), (), interim)

    def _chunks(self) -> tuple[bytes, Fields]:
        pieces: list[bytes] = []
        while size := int(self.until(b"\r\n").partition(b";")[0], 16):
            pieces.append(self.exactly(size))
            if self.exactly(2) != b"\r\n":
                raise ValueError("a chunk without its end")
        lines: list[bytes] = []
        while (line := self.until(b"\r\n")) != b"\r\n":
            lines.append(line[:-2])
        return b"".join(pieces), fields_of(lines)

    def until(self, mark: bytes) -> bytes:
        """Everything up to and with `mark`. Raises Cut."""
        while mark not in self.buffer:
            self._more()
        end = self.buffer.index(mark) + len(mark)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken

    def exactly(self, size: int) -> bytes:
        """This many bytes. Raises Cut."""
        pieces = [self.buffer]
        have = len(self.buffer)
        while have < size:
            self.buffer = b"".join(pieces) if len(pieces) == 1 else pieces[-1]
            piece = self._receive()
            if not piece:
                raise Cut("the connection ended", b"".join(pieces))
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self.buffer = data[size:]
        return data[:size]

    def rest(self) -> bytes:
        """Everything until the peer closes; a reset raises ConnectionResetError."""
        while piece := self._receive():
            self.buffer += piece
        taken, self.buffer = self.buffer, b""
        return taken

    def closed(self) -> bool:
        """Whether the peer closes without another byte."""
        try:
            return not self.buffer and not self._receive()
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        piece = self._receive()
        if not piece:
            raise Cut("the connection ended", self.buffer)
        self.buffer += piece

    def _receive(self) -> bytes:
        return self.socket.recv(1 << 18)

    def close(self) -> None:
        """Close."""
        self.socket.close()


def request(method: str, target: str, *fields: tuple[str, str], body: bytes | None = None) -> bytes:
    """A request; Host and, with a body, Content-Length are put in unless `fields` bring them."""
    given = {name.lower() for name, _ in fields}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in given:
        lines.append("Host: billing.example")
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None and not given & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")
