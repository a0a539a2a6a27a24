import gzip
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler_shadow.planes.bodies import MAX_CHUNK_LINE, MAX_TRAILERS, Reader, reader
from strangler_shadow.planes.content import decoded, is_event_stream
from strangler_shadow.planes.heads import Malformed


def feed(body: Reader, pieces: list[bytes]) -> tuple[bytes, bool, bytes]:
    """What was read, whether it is whole, and what is left."""
    buffer, taken, done = bytearray(), b"", False
    for piece in pieces:
        buffer += piece
        while buffer and not done:
            data, done = body.read(buffer)
            taken += data
            if not data:
                break
    return taken, done, bytes(buffer)


def test_a_sized_body_takes_its_own_and_no_more() -> None:
    assert feed(reader(5), [b"abc", b"defgh"]) == (b"abcde", True, b"fgh")


def test_a_sized_body_may_not_end_early() -> None:
    body = reader(5)
    feed(body, [b"abc"])
    with pytest.raises(Malformed, match="2 bytes"):
        body.eof()


def test_a_body_until_the_end_takes_everything() -> None:
    body = reader(-1)
    assert feed(body, [b"abc", b"def"]) == (b"abcdef", False, b"")
    body.eof()


def test_a_chunked_body_may_not_end_early() -> None:
    body = reader(None)
    feed(body, [b"3\r\nabc\r\n"])
    with pytest.raises(Malformed, match="last chunk"):
        body.eof()


def chunks(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n"


@given(
    st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 300), max_size=12), st.booleans()
)
def test_chunks_are_the_same_however_they_are_cut(
    bodies: list[bytes], cuts: list[int], trailed: bool
) -> None:
    trailer = b"X-Sum: 1\r\n" if trailed else b""
    wire = chunks(bodies) + trailer + b"\r\n" + b"next"
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    body = reader(None)
    taken, done, rest = feed(body, [wire[a:b] for a, b in pairwise(places)])
    assert (taken, done, rest) == (b"".join(bodies), True, b"next")
    assert body.trailers == (((b"X-Sum", b"1"),) if trailed else ())


@given(st.binary(max_size=60))
def test_any_bytes_are_chunks_or_refused(raw: bytes) -> None:
    with suppress(Malformed):
        taken, _, rest = feed(reader(None), [raw])
        assert len(taken) + len(rest) <= len(raw)


@pytest.mark.parametrize("wire", [b"1" * MAX_CHUNK_LINE, b"0\r\nX: " + b"x" * (MAX_TRAILERS + 1)])
def test_a_line_without_end_is_refused_before_it_fills_the_memory(wire: bytes) -> None:
    with pytest.raises(Malformed, match="without end"):
        feed(reader(None), [wire])


# --- content ---

TEXT = b'{"method": "read"}' * 10


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(TEXT)),
        (b" GZIP ", gzip.compress(TEXT)),
        (b"deflate", zlib.compress(TEXT)),
        (b"identity", TEXT),
    ],
    ids=["gzip", "spaced", "deflate", "identity"],  # a compressed body holds the time: no name for a test
)
def test_a_coding_is_taken_off(coding: bytes, body: bytes) -> None:
    assert decoded(((b"Content-Encoding", coding),), body) == TEXT


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(bytes(64 << 20))),
        (b"gzip", gzip.compress(TEXT)[:-4]),
        (b"gzip", gzip.compress(TEXT) + b"more"),
        (b"gzip", TEXT),
        (b"br", TEXT),
        (b"gzip, gzip", TEXT),
    ],
    ids=["a bomb", "half", "a tail", "none at all", "unknown", "twice"],
)
def test_what_cannot_be_taken_off_is_nothing(coding: bytes, body: bytes) -> None:
    assert decoded(((b"content-encoding", coding),), body) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"text/event-stream", True), (b"Text/Event-Stream; charset=utf-8", True), (b"text/html", False)],
)
def test_an_event_stream_is_known_by_its_type(value: bytes, expected: bool) -> None:
    assert is_event_stream(((b"X", b"1"), (b"content-TYPE", value))) is expected
