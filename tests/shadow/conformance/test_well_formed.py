"""Well-formed traffic comes through as in a direct call: hop-by-hop fields and chunk framing excepted."""

import time

import pytest

from strangler.routing import IdentitySource, Route
from strangler.testing.client import RawClient, Reply, request
from strangler.testing.origin import Pause, Seen, Steps, answer, chunked
from strangler_shadow.testing.rig import Launch, Rig, match, table

HOP_BY_HOP = {b"connection", b"keep-alive"}
LARGE = bytes(range(256)) * 40_960  # 10 MB


def odd_fields(_: Seen) -> Steps:
    yield (
        b"HTTP/1.1 200 Quite OK, thanks\r\nserver: x\r\nX-b: 2\r\nx-B: 1\r\nSet-Cookie: a=1, b\r\nset-cookie: c=2\r\n"
        b"Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nX-Empty:\r\nX-Latin: \xe9\r\nContent-Length: 3\r\n\r\nabc"
    )


def gzipped(_: Seen) -> Steps:
    yield answer(b"\x1f\x8b\x08\x00not really", ("Content-Encoding", "gzip"), ("ETag", '"x"'))


def early_hints(_: Seen) -> Steps:
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n"
    yield answer(b"after two hints")


def slow(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for piece in (b"3\r\none\r\n", b"3\r\nt", b"wo\r", b"\n5;ext=1\r\nthree\r\n", b"0\r\n\r\n"):
        yield Pause(0.01)
        yield piece


def until_close(seen: Seen) -> Steps:
    del seen
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nas long as it lasts"
    yield "close"


def old(_: Seen) -> Steps:
    yield b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold"
    yield "close"


def kept_open(_: Seen) -> Steps:
    hop = b"Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n"
    yield b"HTTP/1.1 200 OK\r\n" + hop + b"Content-Length: 2\r\n\r\nok"


ANSWERS = {
    "/odd": odd_fields,
    "/gzip": gzipped,
    "/hints": early_hints,
    "/slow": slow,
    "/until-close": until_close,
    "/old": old,
    "/trailers": lambda _: iter((chunked(b"abc", b"def", trailers=((b"X-Sum", b"1"), (b"x-sum", b"2"))),)),
    "/empty-chunked": lambda _: iter((chunked(),)),
    "/none": lambda _: iter((b"HTTP/1.1 204 No Content\r\nX-a: 1\r\n\r\n",)),
    "/unchanged": lambda _: iter((b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n',)),
    "/large": lambda _: iter((answer(LARGE),)),
    "/zero": lambda _: iter((answer(b""),)),
    "/redirect": lambda seen: iter(
        (answer(b"", ("Location", "http://elsewhere.example" + seen.target), status="302 Found"),)
    ),
    "/error": lambda _: iter((answer(b"broken", status="500 Oh No"),)),
    "/head": lambda _: iter((b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-a: 1\r\n\r\n",)),
    "/no-reason": lambda _: iter((b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",)),
}


def echo(seen: Seen) -> Steps:
    yield answer(seen.body, ("X-Method", seen.method), ("X-Trailers", str(len(seen.trailers))))


@pytest.fixture(scope="module")
def running(launch: Launch) -> Rig:
    return launch(None, legacy=ANSWERS, candidate=ANSWERS, default=echo)


@pytest.fixture(scope="module", params=["legacy", "shadow", "canary"])
def rig(request: pytest.FixtureRequest, running: Rig) -> Rig:
    """Owned by legacy; shadowed and captured; served by the candidate under guard."""
    everybody = IdentitySource("header", "host")
    route = Route("all", match("/{rest*}"), "all", phase=request.param, weight=10_000, identity=everybody)
    running.issue(table(time.time_ns(), route))
    return running


def both(
    rig: Rig, method: str, target: str, *fields: tuple[str, str], body: bytes | None = None
) -> tuple[Reply, Reply]:
    with RawClient(rig.legacy.port) as direct, rig.client() as through:
        return direct.ask(method, target, *fields, body=body), through.ask(method, target, *fields, body=body)


def end_to_end(reply: Reply) -> list[tuple[bytes, bytes]]:
    return [pair for pair in reply.fields if pair[0].lower() not in HOP_BY_HOP | {b"x-hop"}]


@pytest.mark.parametrize("target", [path for path in ANSWERS if path not in ("/hints", "/head", "/error")])
def test_an_answer_is_that_of_a_direct_call(rig: Rig, target: str) -> None:
    direct, through = both(rig, "GET", target)
    assert through.line == direct.line
    assert end_to_end(through) == end_to_end(direct)
    assert through.body == direct.body
    assert through.trailers == direct.trailers


def test_hop_by_hop_fields_of_an_answer_stay_at_their_hop(rig: Rig) -> None:
    rig.legacy.scripts["/kept"] = rig.candidate.scripts["/kept"] = kept_open
    with rig.client() as client:
        assert client.ask("GET", "/kept").fields == ((b"Content-Length", b"2"),)
        assert client.ask("GET", "/kept").status == 200


def test_a_head_answer_has_no_body(rig: Rig) -> None:
    with rig.client() as client:
        reply = client.ask("HEAD", "/head")
        assert reply.values("content-length") == [b"1234"]
        assert client.ask("GET", "/zero").status == 200, "the connection is still in step"


@pytest.mark.parametrize("target", ["/none", "/unchanged"])
def test_after_an_answer_without_body_the_connection_is_in_step(rig: Rig, target: str) -> None:
    with rig.client() as client:
        assert client.ask("GET", target).body == b""
        assert client.ask("POST", "/echo", body=b"next").body == b"next"


@pytest.mark.parametrize(
    ("method", "fields", "body"),
    [
        ("POST", (), b"x=1"),
        ("PUT", (("Content-Type", "application/json"),), b"{}" * 5_000),
        ("PATCH", (), b""),
        ("DELETE", (), None),
        ("OPTIONS", (), None),
        ("PROPFIND", (), b"<x/>"),
        ("post", (), b"lower-case methods are methods"),
    ],
)
def test_a_request_with_any_method_comes_through(
    rig: Rig, method: str, fields: tuple[tuple[str, str], ...], body: bytes | None
) -> None:
    with rig.client() as client:
        reply = client.ask(method, "/echo", *fields, body=body)
    assert (reply.status, reply.body) == (200, body or b"")
    assert reply.values("x-method") == [method.encode()]


def test_a_chunked_request_with_trailers_comes_through(rig: Rig) -> None:
    with rig.client() as client:
        client.send(request("POST", "/echo-chunks", ("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum")))
        for piece in (b"3\r\nabc\r\n", b"A;n=v\r\n0123456789\r\n", b"0\r\nX-Sum: 9\r\n\r\n"):
            client.send(piece)
        reply = client.read()
        assert (reply.body, reply.values("x-trailers")) == (b"abc0123456789", [b"1"])
        assert client.ask("GET", "/zero").status == 200


def test_a_request_of_ten_megabytes_comes_through(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("POST", "/echo", body=LARGE).body == LARGE


def test_the_fields_of_a_request_keep_order_spelling_and_duplicates(rig: Rig) -> None:
    fields = (
        ("X-b", "2"),
        ("accept", "*/*"),
        ("x-B", "1"),
        ("Cookie", "s=1"),
        ("COOKIE", "t=2"),
        ("X-Empty", ""),
    )
    with rig.client() as client:
        client.ask("GET", "/fields-of-a-request", *fields)
    seen = next(s for o in (rig.legacy, rig.candidate) for s in o.seen if s.target == "/fields-of-a-request")
    kept = [pair for pair in seen.fields if not pair[0].lower().startswith((b"x-forwarded", b"via", b"host"))]
    assert kept == [(name.encode(), value.encode()) for name, value in fields]


def test_one_connection_serves_many_requests(rig: Rig) -> None:
    with rig.client() as client:
        for number in range(20):
            assert client.ask("POST", "/echo", body=b"%d" % number).body == b"%d" % number


def test_pipelined_requests_are_answered_in_order(rig: Rig) -> None:
    with rig.client() as client:
        client.send(b"".join(request("POST", "/echo", body=b"%d" % number) for number in range(30)))
        assert [client.read().body for _ in range(30)] == [b"%d" % number for number in range(30)]


def test_a_request_may_come_byte_by_byte(rig: Rig) -> None:
    with rig.client() as client:
        for byte in request("POST", "/echo", body=b"drip"):
            client.send(bytes((byte,)))
        assert client.read().body == b"drip"


def test_an_absolute_target_is_asked_for_by_its_path(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "http://billing.example/absolute?q=1").status == 200
    assert "/absolute?q=1" in rig.legacy.targets() + rig.candidate.targets()


def test_the_server_wide_options_request_comes_through(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("OPTIONS", "*").status == 200


def test_a_target_comes_through_unchanged(rig: Rig) -> None:
    target = "/a%2Fb//c/./d/../%7Ee;p=1?x=%20+&y=[1]&y='2'"
    with rig.client() as client:
        assert client.ask("GET", target).status == 200
    assert target in rig.legacy.targets() + rig.candidate.targets()


def test_an_old_client_gets_what_it_can_read(rig: Rig) -> None:
    with rig.client() as client:
        client.send(b"GET /trailers HTTP/1.0\r\n\r\n")
        reply = client.read()
        assert (reply.body, reply.values("transfer-encoding")) == (b"abcdef", [])
        assert client.closed()


def test_a_client_that_asks_to_close_is_closed(rig: Rig) -> None:
    with rig.client() as client:
        reply = client.ask("GET", "/zero", ("Connection", "close"))
        assert reply.values("connection") == [b"close"]
        assert client.closed()


def test_an_empty_line_before_a_request_is_forgiven(rig: Rig) -> None:
    with rig.client() as client:
        assert client.send(b"\r\n").ask("GET", "/zero").status == 200
