"""Malformed and ambiguous messages: 400 for the client's, 502 for a side's, counted, never passed on."""

import pytest

from strangler.routing import Route
from strangler.testing.client import Cut, request
from strangler.testing.origin import CLOSE, RESET, Script, Seen, Steps, answer
from strangler_shadow.testing.rig import Launch, Rig, match, table

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"

REQUESTS = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 34\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 34\r\n\r\n",
    "a signed length": POST + b"Content-Length: +34\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x22\r\n\r\n",
    "an empty length": POST + b"Content-Length: \r\n\r\n",
    "a length without end": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a list of codings": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a blank before the name": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "a folded line": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\nContent-Length: 3\r\n\r\nabc",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\nX: 1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a Host with a user": b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "no name": b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a name in quotes": b'GET / HTTP/1.1\r\nHost: a\r\n"X": 1\r\n\r\n',
    "a method with a bracket": b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab in the line": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /\r\nHost: a\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "the start of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a relative target": b"GET invoices HTTP/1.1\r\nHost: a\r\n\r\n",
    "another scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a user in the target": b"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}  # fmt: skip

CHUNKS = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a wrong size": b"2\r\nabc\r\n0\r\n\r\n",
    "a signed size": b"+3\r\nabc\r\n0\r\n\r\n",
    "a size with a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a blank after the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "a bare line feed": b"3\nabc\n0\n\n",
    "an end without carriage return": b"3\r\nabc\n0\r\n\r\n",
    "a size without end": b"0" * 5_000,
    "a trailer that frames": b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "a trailer that folds": b"3\r\nabc\r\n0\r\nX: 1\r\n 2\r\n\r\n",
    "a trailer with a bare line feed": b"3\r\nabc\r\n0\r\nX: 1\nY: 2\r\n\r\n",
}

ANSWERS = {
    "/both": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "/bad-length": b"HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\nabc",
    "/garbage": b"\x00\x01\x02 this is not HTTP\r\n\r\n",
    "/status": b"HTTP/1.1 OK\r\n\r\n",
    "/colon": b"HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 0\r\n\r\n",
    "/folded": b"HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
    "/line-feed": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "/coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "/unasked": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "/endless": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n",
}


def script(data: bytes) -> Script:
    def steps(_: Seen) -> Steps:
        yield data
        yield CLOSE

    return steps


def bad_chunk(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n"


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    route = Route("all", match("/{rest*}"), "all", phase="shadow", safe=True)
    scripts = {path: script(data) for path, data in ANSWERS.items()}
    scripts["/bad-chunk"] = bad_chunk
    scripts["/silent"] = script(b"")
    scripts["/half-head"] = script(b"HTTP/1.1 200 OK\r\nContent-")
    scripts["/reset"] = lambda _: iter((RESET,))
    return launch(table(1, route), legacy=scripts)


@pytest.mark.parametrize("shape", REQUESTS)
def test_a_malformed_request_is_a_400(rig: Rig, shape: str) -> None:
    before, seen = rig.counts(), len(rig.legacy.seen)
    with rig.client() as client:
        client.send(REQUESTS[shape] + SMUGGLED)
        reply = client.read()
        assert reply.status == 400
        assert reply.values("connection") == [b"close"]
        assert client.closed(), "nothing that follows is read as a request"
    after = rig.counts(lambda counts: counts.refused.get("client", 0) > before.refused.get("client", 0))
    assert after.refused["client"] == before.refused.get("client", 0) + 1
    assert after.sent == before.sent
    assert len(rig.legacy.seen) == seen


@pytest.mark.parametrize("shape", CHUNKS)
def test_a_malformed_body_is_a_400(rig: Rig, shape: str) -> None:
    seen = len(rig.legacy.seen)
    with rig.client() as client:
        client.send(request("POST", "/chunks", ("Transfer-Encoding", "chunked")) + CHUNKS[shape])
        assert client.read().status == 400
        assert client.closed()
    assert len(rig.legacy.seen) == seen, "the side never saw a whole request"


def test_a_body_that_follows_is_not_a_second_request(rig: Rig) -> None:
    """GET with a Content-Length: its body is a body, however much it looks like a request."""
    with rig.client() as client:
        client.send(request("GET", "/with-body", body=SMUGGLED))
        assert client.read().status == 200
        assert client.ask("GET", "/next").status == 200
    assert "/smuggled" not in rig.legacy.targets()


@pytest.mark.parametrize("size", [65_536, 200_000])
def test_a_header_over_the_limit_is_a_431(rig: Rig, size: int) -> None:
    with rig.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * size)
        assert client.read().status == 431
        assert client.closed()


def test_a_header_under_the_limit_comes_through(rig: Rig) -> None:
    value = "x" * 64_000
    with rig.client() as client:
        assert client.ask("GET", "/long-header", ("X", value)).status == 200
    seen = next(seen for seen in rig.legacy.seen if seen.target == "/long-header")
    assert seen.values("x") == [value.encode()]


def test_a_thousand_fields_are_too_many(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "/", *(("X", "1"),) * 1_001).status == 431


def test_a_request_that_comes_back_is_a_508(rig: Rig) -> None:
    with rig.client() as client:
        client.ask("GET", "/via")
        via = next(seen for seen in rig.legacy.seen if seen.target == "/via").values("via")
        assert len(via) == 1
        assert client.ask("GET", "/round", ("Via", via[0].decode())).status == 508
    assert "/round" not in rig.legacy.targets()


@pytest.mark.parametrize("target", ANSWERS)
def test_a_malformed_answer_is_a_502(rig: Rig, target: str) -> None:
    before = rig.counts()
    with rig.client() as client:
        reply = client.ask("GET", target)
        assert reply.status == 502
        assert b"\x00" not in reply.body
    failure = rig.exchange(target).failure
    assert failure is not None
    assert failure.reason == "malformed"
    assert rig.counts(
        lambda counts: counts.refused.get("upstream", 0) == before.refused.get("upstream", 0) + 1
    )


def test_a_malformed_chunk_ends_the_answer_unfinished(rig: Rig) -> None:
    with rig.client() as client, pytest.raises((Cut, ConnectionResetError)):
        client.ask("GET", "/bad-chunk")
    failure = rig.exchange("/bad-chunk").failure
    assert failure is not None
    assert failure.reason == "malformed"


@pytest.mark.parametrize("target", ["/silent", "/half-head", "/reset"])
def test_no_answer_is_a_502(rig: Rig, target: str) -> None:
    with rig.client() as client:
        assert client.ask("GET", target).status == 502
    failure = rig.exchange(target).failure
    assert failure is not None
    assert failure.reason == "reset"


def test_after_a_502_the_side_is_asked_again(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "/garbage?again").status == 502
    with rig.client() as client:
        assert client.ask("GET", "/fine").status == 200


def test_a_length_that_is_too_small_does_not_leak_into_the_next_answer(rig: Rig) -> None:
    rig.legacy.scripts["/short"] = lambda _: iter((answer(b"abcdef", length=3),))
    with rig.client() as client:
        assert client.ask("GET", "/short").body == b"abc"
        reply = client.ask("GET", "/fine")
        assert (reply.status, reply.body) == (200, b"ok")
