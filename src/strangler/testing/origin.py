r"""An HTTP/1 server that does on the wire exactly what a script says, right or wrong.

A script takes the request that was seen and gives steps: bytes to send (any bytes), a pause, a reset, an end.

    def half(seen: Seen) -> Steps:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
        yield CLOSE

    with Origin({"/half": half}) as origin:
        ...  # ask http://127.0.0.1:{origin.port}/half
        assert [seen.target for seen in origin.seen] == ["/half"]
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from strangler.testing.background import Background
from strangler.testing.listener import TcpListener

type Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived. `raw`: its head, byte for byte, without the blank line. `connection`: a number."""

    raw: bytes
    method: str
    target: str
    fields: Fields
    body: bytes
    trailers: Fields
    connection: int

    def values(self, name: str) -> list[bytes]:
        """The values of a field, in order; `name` in any case."""
        wanted = name.lower().encode()
        return [value for found, value in self.fields if found.lower() == wanted]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Echo:
    """Send back every byte that comes from now on, until the peer stops sending."""


type End = Literal["close", "reset", "hang"]
CLOSE: Final[End] = "close"
RESET: Final[End] = "reset"
HANG: Final[End] = "hang"
"""Say nothing more and keep the connection open, until the peer closes it."""

type Step = bytes | Pause | Echo | End
type Steps = Iterator[Step]
type Script = Callable[[Seen], Steps]


class Origin(TcpListener):
    """Listens on a free port of 127.0.0.1. `scripts`: by path (without query); `default` answers every other path.

    `early`: paths answered before their body was read. `tls`: speak TLS with this context.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script] | None = None,
        default: Script | None = None,
        *,
        early: frozenset[str] = frozenset(),
        background: Background | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.scripts = dict(scripts or {})
        self.default = default or (lambda _: iter((answer(b"ok"),)))
        self.early = early
        self.seen: list[Seen] = []
        self._own = background is None
        super().__init__(background or Background(), port, tls)

    def targets(self) -> list[str]:
        """What was asked for so far, in order of arrival."""
        return [seen.target for seen in list(self.seen)]

    def close(self) -> None:
        """Stop listening and cut every connection: from here on the port refuses."""
        self.stop()
        if self._own:
            self._background.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        with contextlib.suppress(ValueError):  # what came was no request
            while await self._exchange(reader, writer, number):
                pass

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> bool:
        raw = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        line, *lines = raw.split(b"\r\n")
        method, target, _ = line.decode("latin-1").split(" ", 2)
        fields = fields_of(lines)
        path = target.partition("?")[0]
        body, trailers = (b"", ()) if path in self.early else await _body(reader, fields)
        seen = Seen(raw, method, target, fields, body, trailers, number)
        self.seen.append(seen)
        for step in self.scripts.get(path, self.default)(seen):
            if not await _play(step, reader, writer):
                return False
        return path not in self.early


async def _play(step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One step; whether there is another."""
    match step:
        case bytes():
            writer.write(step)
            await writer.drain()
        case Pause():
            await asyncio.sleep(step.seconds)
        case Echo():
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
            return False
        case "hang":
            while await reader.read(1 << 16):
                pass
            return False
        case "reset":
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        case _:
            return False
    return True


async def _body(reader: asyncio.StreamReader, fields: Fields) -> tuple[bytes, Fields]:
    named = {name.lower(): value for name, value in fields}
    if named.get(b"transfer-encoding", b"").lower() == b"chunked":
        pieces: list[bytes] = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        lines: list[bytes] = []
        while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
            lines.append(line[:-2])
        return b"".join(pieces), fields_of(lines)
    return await reader.readexactly(int(named.get(b"content-length", b"0"))), ()


def fields_of(lines: list[bytes]) -> Fields:
    """The fields in lines of a head, or of trailers."""
    split = (line.partition(b":") for line in lines)
    return tuple((name, value.strip(b" \t")) for name, _, value in split)


def answer(
    body: bytes = b"", *fields: tuple[str, str], status: str = "200 OK", length: int | None = None
) -> bytes:
    """A whole answer. `length`: what Content-Length claims, where it is to be wrong."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces: bytes, trailers: Fields = (), fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A whole answer in chunks, with trailers."""
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *(f"{name}: {value}" for name, value in fields)]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    last = b"".join(b"%s: %s\r\n" % field for field in trailers)
    return (
        head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + last + b"\r\n"
    )
