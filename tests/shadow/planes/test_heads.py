from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler_shadow.planes.heads import (
    Malformed,
    parse_request,
    parse_response,
    parse_trailers,
    take_head,
)

GET = b"GET / HTTP/1.1\r\nHost: a"


def test_a_request_is_read() -> None:
    parsed = parse_request(b"POST /a?b=%20 HTTP/1.1\r\nHost: h:81\r\nx-A:  1 \r\nX-a:2\r\nContent-Length: 3")
    assert (parsed.head.method, parsed.head.target, parsed.authority) == ("POST", "/a?b=%20", "h:81")
    assert parsed.head.fields[1:3] == ((b"x-A", b"1"), (b"X-a", b"2"))
    assert (parsed.length, parsed.keep, parsed.expect, parsed.websocket) == (3, True, False, False)


@pytest.mark.parametrize(
    ("target", "expected", "authority"),
    [
        (b"http://other:1/x", "/x", "other:1"),
        (b"HTTPS://Other?q=1", "/?q=1", "Other"),
        (b"http://[::1]:80/", "/", "[::1]:80"),
        (b"/x", "/x", "a"),
        (b"//x/y", "//x/y", "a"),
    ],
)
def test_a_target_is_put_in_origin_form(target: bytes, expected: str, authority: str) -> None:
    parsed = parse_request(b"GET %s HTTP/1.1\r\nHost: a" % target)
    assert (parsed.head.target, parsed.authority) == (expected, authority)


@pytest.mark.parametrize(
    ("fields", "length", "keep"),
    [
        (b"", 0, True),
        (b"\r\nTransfer-Encoding: Chunked", None, True),
        (b"\r\nContent-Length: 0", 0, True),
        (b"\r\nConnection: foo, Close", 0, False),
    ],
)
def test_the_framing_of_a_request(fields: bytes, length: int | None, keep: bool) -> None:
    parsed = parse_request(GET + fields)
    assert (parsed.length, parsed.keep) == (length, keep)


@pytest.mark.parametrize(
    ("raw", "method", "length", "keep"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5", "GET", 5, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5", "HEAD", 0, True),
        (b"HTTP/1.1 200 OK", "GET", -1, False),
        (b"HTTP/1.1 204 No Content", "GET", 0, True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5", "GET", 0, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close", "GET", None, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5", "GET", 5, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive", "GET", 5, True),
    ],
)
def test_the_framing_of_an_answer(raw: bytes, method: str, length: int | None, keep: bool) -> None:
    parsed = parse_response(raw, method)
    assert (parsed.length, parsed.keep) == (length, keep)


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"HTTP/1.1 200", 200, b""),
        (b"HTTP/1.1 200 ", 200, b""),
        (b"HTTP/1.1 418 I'm a  teapot \xe9", 418, b"I'm a  teapot \xe9"),
        (b"HTTP/1.1 999 Odd", 999, b"Odd"),
    ],
)
def test_a_status_line(line: bytes, status: int, reason: bytes) -> None:
    parsed = parse_response(line, "GET")
    assert (parsed.status, parsed.reason) == (status, reason)


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 20 x", b"HTTP/1.1  200 OK", b"HTTP/2 200", b"ICY 200 OK", b"", b"HTTP/1.1 200OK"]
)
def test_what_is_no_status_line(line: bytes) -> None:
    with pytest.raises(Malformed):
        parse_response(line, "GET")


def test_a_coding_where_there_is_no_body_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_response(b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked", "GET")


@pytest.mark.parametrize("name", [b"Host", b"Content-Length", b"transfer-encoding", b"Connection"])
def test_framing_has_no_place_in_a_trailer(name: bytes) -> None:
    with pytest.raises(Malformed):
        parse_trailers(b"X: 1\r\n%s: 1" % name)


def test_a_head_is_cut_off_and_the_rest_stays() -> None:
    buffer = bytearray(b"a\r\nb: c\r\n\r\nbody\n\n")
    assert take_head(buffer, 100) == b"a\r\nb: c"
    assert buffer == b"body\n\n"


def test_a_head_in_pieces_is_waited_for() -> None:
    buffer = bytearray()
    for byte in b"a\r\nb: c\r\n\r":
        buffer.append(byte)
        assert take_head(buffer, 100) is None
    buffer += b"\n"
    assert take_head(buffer, 100) == b"a\r\nb: c"


@pytest.mark.parametrize("raw", [b"a\nb\r\n\r\n", b"a\r\nb\n\n", b"a\r\nb\n\r\n", b"a\rb\r\n\r\n"])
def test_lines_end_in_cr_lf_and_in_nothing_else(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        take_head(bytearray(raw), 100)
    assert refused.value.status == 400


@pytest.mark.parametrize("raw", [b"x" * 100, b"x" * 98 + b"\r\n\r\n"])
def test_a_head_has_a_limit(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        take_head(bytearray(raw), 100)
    assert refused.value.status == 431


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for read in (parse_request, parse_trailers, lambda data: parse_response(data, "GET")):
        with suppress(Malformed):
            assert read(raw) is not None


FIELD = st.tuples(
    st.from_regex(r"\A[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}\Z").map(str.encode),
    st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20
    ).map(lambda text: "".join(c for c in text if not 0x7F <= ord(c) < 0xA0).encode("latin-1").strip(b" \t")),
)
PLAIN = {b"host", b"content-length", b"transfer-encoding", b"expect"}


@given(st.lists(FIELD.filter(lambda pair: pair[0].lower() not in PLAIN), max_size=8))
def test_fields_are_read_as_they_stand(fields: list[tuple[bytes, bytes]]) -> None:
    raw = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", *(b"%s: %s" % pair for pair in fields)])
    assert parse_request(raw).head.fields == ((b"Host", b"a"), *fields)
