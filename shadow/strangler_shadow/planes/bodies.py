"""Bodies of HTTP/1 messages: where one ends. A reader is fed a buffer and takes from its front what is its own."""

from __future__ import annotations

import re
from typing import Final, Literal, Protocol

from strangler.exchange import Fields
from strangler_shadow.planes.heads import Malformed, parse_trailers

_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
MAX_CHUNK_LINE: Final = 4_096
MAX_TRAILERS: Final = 65_536


class Reader(Protocol):
    """`read` gives what there is and whether the body is whole; `eof` raises unless the body may end so."""

    trailers: Fields

    def read(self, buffer: bytearray) -> tuple[bytes, bool]:
        """Take what is there. Raises Malformed."""
        ...

    def eof(self) -> None:
        """The connection ended. Raises Malformed when the body had not."""
        ...


class Sized:
    """A body of `Content-Length` bytes."""

    trailers: Fields = ()

    def __init__(self, length: int) -> None:
        self._left = length

    def read(self, buffer: bytearray) -> tuple[bytes, bool]:
        """Take what is there, at most what is missing."""
        if self._left == 0:
            return b"", True
        data = bytes(buffer[: self._left])
        del buffer[: len(data)]
        self._left -= len(data)
        return data, self._left == 0

    def eof(self) -> None:
        """Too early, by definition."""
        raise Malformed(f"the connection ended {self._left} bytes before the body")


class UntilClose:
    """A body that ends with its connection."""

    trailers: Fields = ()

    def read(self, buffer: bytearray) -> tuple[bytes, bool]:
        """Take everything."""
        data = bytes(buffer)
        buffer.clear()
        return data, False

    def eof(self) -> None:
        """As it should."""


class Chunked:
    """A chunked body (RFC 9112 section 7.1). Extensions are dropped, trailers kept."""

    def __init__(self) -> None:
        self.trailers: Fields = ()
        self._left = 0
        self._part: Literal["size", "data", "end", "trailers"] = "size"

    def read(self, buffer: bytearray) -> tuple[bytes, bool]:
        """Take whole chunks, and the beginning of one. Raises Malformed."""
        taken: list[bytes] = []
        at, done = 0, False
        while True:
            start, part = at, self._part
            if part == "size":
                at = self._size(buffer, at)
            elif part == "data":
                piece = bytes(buffer[at : at + self._left])
                taken.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._part = "end"
            elif part == "end":
                at = self._end(buffer, at)
            else:
                at, done = self._trailers(buffer, at)
            if done or (at == start and part == self._part):
                break
        del buffer[:at]
        return b"".join(taken), done

    def _size(self, buffer: bytearray, at: int) -> int:
        end = buffer.find(b"\n", at, at + MAX_CHUNK_LINE)
        if end < 0:
            if len(buffer) - at >= MAX_CHUNK_LINE:
                raise Malformed("a chunk's size line without end")
            return at
        match = _CHUNK.fullmatch(buffer, at, end - 1) if buffer[end - 1] == 13 else None
        if match is None:
            raise Malformed("a chunk without a size")
        self._left = int(match[1], 16)
        self._part = "data" if self._left else "trailers"
        return end + 1

    def _end(self, buffer: bytearray, at: int) -> int:
        found = buffer[at : at + 2]
        if found != b"\r\n"[: len(found)]:
            raise Malformed("a chunk longer than its size")
        if len(found) < 2:
            return at
        self._part = "size"
        return at + 2

    def _trailers(self, buffer: bytearray, at: int) -> tuple[int, bool]:
        if buffer.startswith(b"\r\n", at):
            return at + 2, True
        end = buffer.find(b"\r\n\r\n", at)
        if end < 0:
            if len(buffer) - at > MAX_TRAILERS:
                raise Malformed("trailers without end")
            if b"\n" in buffer[at:].replace(b"\r\n", b""):
                raise Malformed("a trailer that does not end in CR LF")
            return at, False
        self.trailers = parse_trailers(bytes(buffer[at:end]))
        return end + 4, True

    def eof(self) -> None:
        """Too early: the last chunk was not seen."""
        raise Malformed("the connection ended before the last chunk")


def reader(length: int | None) -> Reader:
    """For a length as the head gives it: bytes, None when chunked, -1 until the connection ends."""
    if length is None:
        return Chunked()
    return UntilClose() if length < 0 else Sized(length)
