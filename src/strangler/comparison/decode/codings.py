"""Content codings taken off, in the reverse of the order they were put on, under a ceiling.

A body that says it is gzip and is not is left as it is, with an anomaly: a client that trusts the label fails,
one that looks does not, so it is neither equal nor unreadable.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from strangler.comparison.model import Anomaly
from strangler.errors import DecodeError

_MOST_CODINGS: Final = 4
_REPEATED: Final = 1
"""The type of a block of Zstandard that is one byte, many times."""
_SKIPPABLE: Final = b"\x2a\x4d\x18"
"""How a frame without data goes on after its first byte; its size follows."""
_FRAME_HEAD: Final = 18
"""The most bytes of a frame before its blocks."""


class _NotCoded(Exception):  # noqa: N818  it never leaves this module
    """The bytes do not begin as the coding does."""


def uncoded(body: bytes, encoding: bytes, ceiling: int) -> tuple[bytes, tuple[Anomaly, ...]]:
    """The body without its content codings. Raises DecodeError when it would exceed `ceiling` bytes or is cut off."""
    if len(body) > ceiling:
        raise DecodeError(f"the body has {len(body)} bytes, over the limit of {ceiling}", media="body")
    if not encoding:
        return body, ()
    names = [name.strip().lower() for name in encoding.decode("latin-1").split(",")]
    codings = [name for name in reversed(names) if name not in {"", "identity"}]
    if len(codings) > _MOST_CODINGS:
        raise DecodeError(f"{len(codings)} content codings on one body", media="content-encoding")
    for name in codings:
        take_off = _CODINGS.get(name)
        if take_off is None:
            raise DecodeError(f"unknown content coding {name[:40]!r}", media="content-encoding")
        if not body:
            break
        try:
            body = take_off(body, ceiling)
        except _NotCoded:
            return body, (Anomaly("not-coded", (), f"labelled {name}, but it is not"),)
    return body, ()


def _too_large(name: str, ceiling: int) -> DecodeError:
    return DecodeError(f"decompresses to more than the limit of {ceiling} bytes", media=name)


def _cut_off(name: str) -> DecodeError:
    return DecodeError("ends inside its compressed data", media=name)


def _gzip(body: bytes, ceiling: int) -> bytes:
    if body[:2] != b"\x1f\x8b":
        raise _NotCoded
    parts: list[bytes] = []
    left = ceiling
    # A gzip body may have several members (RFC 1952, 2.2); what follows the last is padding or an error.
    while body[:2] == b"\x1f\x8b":
        part, body = _inflate(body, zlib.MAX_WBITS | 16, "gzip", left)
        parts.append(part)
        left -= len(part)
    if body.strip(b"\0"):
        raise DecodeError("bytes follow the end of the compressed data", media="gzip")
    return b"".join(parts)


def _deflate(body: bytes, ceiling: int) -> bytes:
    # RFC 9110 means zlib's format; many servers send the bare one.
    zlib_header = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    try:
        plain, after = _inflate(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, "deflate", ceiling)
    except DecodeError as error:
        if zlib_header or error.what.startswith(("decompresses", "ends")):
            raise
        raise _NotCoded from None
    if after:
        raise DecodeError("bytes follow the end of the compressed data", media="deflate")
    return plain


def _inflate(body: bytes, window: int, name: str, ceiling: int) -> tuple[bytes, bytes]:
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, ceiling + 1)
    except zlib.error as error:
        raise DecodeError(str(error), media=name) from None
    if len(plain) > ceiling:
        raise _too_large(name, ceiling)
    if not inflater.eof:
        raise _cut_off(name)
    return plain, inflater.unused_data


def _brotli(body: bytes, ceiling: int) -> bytes:
    try:
        import brotli
    except ImportError:
        raise DecodeError("br needs the package `brotli`, which is not installed", media="br") from None
    decompressor = brotli.Decompressor()
    parts: list[bytes] = []
    size, pending = 0, body
    try:
        while True:
            part: bytes = decompressor.process(pending, output_buffer_limit=1 << 16)
            pending = b""
            parts.append(part)
            size += len(part)
            if size > ceiling:
                raise _too_large("br", ceiling)
            if decompressor.is_finished():
                return b"".join(parts)
            if not part and decompressor.can_accept_more_data():
                raise _cut_off("br")
    except brotli.error:
        # Brotli has no magic number: an error before any output is taken for plain bytes.
        if size == 0:
            raise _NotCoded from None
        raise DecodeError("damaged compressed data", media="br") from None


def _zstd(body: bytes, ceiling: int) -> bytes:
    if body[:4] != b"\x28\xb5\x2f\xfd":
        raise _NotCoded
    try:
        import zstandard
    except ImportError:
        raise DecodeError(
            "zstd needs the package `zstandard`, which is not installed", media="zstd"
        ) from None
    inflater = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        body, read_across_frames=True
    )
    try:
        plain = inflater.read(ceiling + 1)
    except zstandard.ZstdError:
        raise DecodeError("damaged compressed data", media="zstd") from None
    if len(plain) > ceiling:
        raise _too_large("zstd", ceiling)
    if not _ends_whole(body):
        raise _cut_off("zstd")
    return bytes(plain)


def _ends_whole(body: bytes) -> bool:
    """Whether the last frame of Zstandard ends (RFC 8878, 3.1.1): its reader is content with what it got."""
    from zstandard import ZstdError, frame_header_size, get_frame_parameters

    at = 0
    while at < len(body):
        if body[at + 1 : at + 4] == _SKIPPABLE:
            at += 8 + int.from_bytes(body[at + 4 : at + 8], "little")
            continue
        head = body[at : at + _FRAME_HEAD]
        try:
            at += frame_header_size(head)
            checked = 4 if get_frame_parameters(head).has_checksum else 0
        except ZstdError:
            return False
        last = False
        while not last:
            if at + 3 > len(body):
                return False
            block = int.from_bytes(body[at : at + 3], "little")
            last = bool(block & 1)
            at += 3 + (1 if block >> 1 & 3 == _REPEATED else block >> 3)
        at += checked
    return at == len(body)


_CODINGS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
