"""What a plane tells the worker, over a local socket.

A frame is four bytes of length (big-endian) and one MessagePack object: a `Hello` first, then `Captured` and
`Heartbeat` in any order, a `Goodbye` last. Nothing is answered: the plane never waits for the worker. All counts
are cumulative since the plane's boot, so a lost frame loses no count.

Accounting. `sent` is the last `seq` given out. An exchange either reaches the worker (`Captured`) or is counted
in `dropped` under its reason; what is in neither is a gap, which the worker counts as lost.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from strangler.exchange import Exchange

MAX_FRAME: Final = 256 << 20
_LENGTH: Final = struct.Struct(">I")


class Counts(msgspec.Struct, frozen=True):
    """A plane's counters since its boot.

    `dropped`: reason to count, of exchanges that got a `seq` (`queue-full`, `worker-away`).
    `uncaptured`: reason to count, of requests that were to be captured and cannot be (`too-large`, `upgrade`,
    `event-stream`, `unreadable`, `client-gone`, `answered-early`): they get no `seq`.
    `served`: per route, requests answered by legacy, by the candidate, and by legacy in the candidate's place.
    `refused`: malformed or ambiguous messages (`client`: answered 400, `upstream`: answered 502).
    """

    sent: int = 0
    dropped: dict[str, int] = {}
    uncaptured: dict[str, int] = {}
    served: dict[str, tuple[int, int, int]] = {}
    refused: dict[str, int] = {}


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first frame of a connection. A reconnect repeats it with the counts so far."""

    plane: str
    boot: str
    pid: int
    at_ns: int
    counts: Counts


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat"):
    """Every `capture.heartbeat`. `generation`: of the table in force. `queued`: exchanges and bytes waiting."""

    at_ns: int
    generation: int
    queued: int
    queued_bytes: int
    counts: Counts


class Captured(msgspec.Struct, frozen=True, tag="exchange"):
    """One exchange."""

    exchange: Exchange


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The plane stops; nothing follows."""

    at_ns: int
    counts: Counts


type Frame = Hello | Heartbeat | Captured | Goodbye

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Hello | Heartbeat | Captured | Goodbye)


def encode(frame: Frame) -> bytes:
    """A frame with its length in front."""
    payload = _ENCODER.encode(frame)
    return _LENGTH.pack(len(payload)) + payload


class FrameBuffer:
    """Takes bytes as they arrive, gives frames as they are whole. Raises ValueError on a frame that cannot be ours."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes."""
        self._bytes += data
        whole, at, have = self._bytes, 0, len(self._bytes)
        try:
            while have - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(whole, at)
                if length > MAX_FRAME:
                    raise ValueError(f"a frame of {length} bytes")
                start = at + _LENGTH.size
                if have - start < length:
                    return
                with memoryview(whole) as view:
                    frame = _DECODER.decode(view[start : start + length])
                at = start + length
                yield frame
        finally:
            # Once for all frames: what is left behind them moves to the front.
            del whole[:at]
