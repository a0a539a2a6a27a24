"""A canary: the candidate serves, and where it does not, legacy answers a safe request in its place."""

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from strangler.exchange import Exchange
from strangler.routing import BodyMatch, IdentitySource, Route, bucket
from strangler.testing.client import request
from strangler.testing.origin import CLOSE, HANG, RESET, Origin, Pause, Script, Seen, Steps, answer, chunked
from strangler_shadow.testing.rig import Launch, Rig, match, table

CUSTOMER = IdentitySource("header", "x-customer")
IN = ("X-Customer", "in")
LARGE = b"z" * 300_000


def steps(*script: bytes | Pause | str) -> Script:
    return lambda _: iter(script)  # type: ignore[arg-type]


def body_of(seen: Seen) -> Steps:
    yield answer(b"candidate:" + seen.body)


CANDIDATE: dict[str, Script] = {
    "/ok": steps(answer(b"candidate")),
    "/error": steps(answer(b"broken", status="503 Service Unavailable")),
    "/error-streaming": steps(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", HANG),
    "/not-found": steps(answer(b"no", status="404 Not Found")),
    "/reset": steps(RESET),
    "/closed": steps(CLOSE),
    "/half": steps(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", CLOSE),
    "/half-chunked": steps(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", RESET),
    "/wrong-length": steps(answer(b"short", length=500), CLOSE),
    "/garbage": steps(b"what is HTTP?\r\n\r\n"),
    "/ambiguous": steps(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "/hang": steps(HANG),
    "/hang-inside": steps(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", HANG),
    "/hint-then-error": steps(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", answer(status="500 No")),
    "/large": steps(answer(LARGE)),
    "/large-half": steps(answer(LARGE, length=len(LARGE) + 1), CLOSE),
    "/trailers": steps(chunked(b"abc", trailers=((b"X-Sum", b"1"),))),
    "/events": steps(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
        Pause(1.2),
        b"data: 2\n\n",
        CLOSE,
    ),
    "/rpc": body_of,
    "/write": steps(answer(b"broken", status="500 No")),
}
EXPECTED = {
    "/error": "server-error",
    "/error-streaming": "server-error",
    "/hint-then-error": "server-error",
    "/reset": "reset",
    "/closed": "reset",
    "/half": "reset",
    "/half-chunked": "reset",
    "/wrong-length": "reset",
    "/garbage": "malformed",
    "/ambiguous": "malformed",
    "/hang": "timeout",
    "/hang-inside": "timeout",
}


def canary(name: str, path: str, **more: object) -> Route:
    fields = {"cutover": "c", "phase": "canary", "weight": 0, "pinned": frozenset({"in"}), "deadline_ms": 600}
    return Route(name, match(path), identity=CUSTOMER, **(fields | more))  # type: ignore[arg-type]


ROUTES = (
    canary("reads", "/{rest*}"),
    Route("writes", match("/write", methods=frozenset({"POST"})), "c", "canary", 10_000, identity=CUSTOMER),
    Route(
        "rpc",
        match("/rpc", body=BodyMatch("json-rpc", ("*.read",))),
        "c",
        "canary",
        0,
        frozenset({"in"}),
        safe=True,
        identity=CUSTOMER,
    ),
    Route("other calls", match("/rpc"), phase="legacy"),
    canary("search", "/search", safe=True),
)


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    return launch(
        table(1, *ROUTES),
        default=lambda seen: iter((answer(b"legacy:" + seen.body),)),
        candidate=CANDIDATE,
        body_limit=100_000,
        sides={"candidate": {"timeout_ms": 900, "connect_ms": 500}},
    )


def test_who_is_in_gets_the_candidate_and_everybody_else_legacy(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "/ok", IN).body == b"candidate"
        assert client.ask("GET", "/ok", ("X-Customer", "out")).body == b"legacy:"
        assert client.ask("GET", "/ok").body == b"legacy:", "nobody: the owner"


def test_an_exchange_says_who_served_and_hides_who_asked(rig: Rig) -> None:
    with rig.client() as client:
        client.ask("GET", "/ok?said", IN)
    exchange = rig.exchange("/ok?said")
    assert (exchange.primary, exchange.route, exchange.cutover) == ("candidate", "reads", "c")
    assert exchange.bucket == bucket("c", "in")
    assert exchange.cohort == "pinned"
    assert len(exchange.identity_hash) == 16
    assert exchange.identity_hash != b"in"
    assert exchange.fallback is None


@pytest.mark.parametrize("target", EXPECTED)
def test_where_the_candidate_fails_legacy_answers(rig: Rig, target: str) -> None:
    before = rig.counts().served.get("reads", (0, 0, 0))
    began = time.monotonic()
    with rig.client() as client:
        reply = client.ask("GET", target, IN)
        assert (reply.status, reply.body, reply.interim) == (200, b"legacy:", [])
        assert time.monotonic() - began < 5
        assert client.ask("GET", "/ok", IN).body == b"candidate", "the connection goes on"
    exchange = rig.exchange(target)
    assert exchange.primary == "legacy"
    assert exchange.fallback is not None
    assert exchange.fallback.reason == EXPECTED[target]
    assert exchange.response is not None
    after = rig.counts(lambda counts: counts.served["reads"][2] > before[2]).served["reads"]
    assert (after[1], after[2]) == (before[1] + 1, before[2] + 1)


def test_a_4xx_is_an_answer(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "/not-found", IN).status == 404


def test_a_large_answer_streams_once_it_is_over_the_limit(rig: Rig) -> None:
    with rig.client() as client:
        assert client.ask("GET", "/large", IN).body == LARGE


def test_trailers_of_a_held_answer_come_through(rig: Rig) -> None:
    with rig.client() as client:
        reply = client.ask("GET", "/trailers", IN)
    assert (reply.body, reply.trailers) == (b"abc", ((b"X-Sum", b"1"),))


def test_events_of_a_candidate_are_not_held(rig: Rig) -> None:
    with rig.client() as client:
        client.send(request("GET", "/events", IN))
        client.until(b"data: 1\n\n")
        assert client.rest() == b"data: 2\n\n", "no deadline cuts a stream of events"


def test_an_unsafe_request_is_never_asked_twice(rig: Rig) -> None:
    seen = len(rig.legacy.seen)
    with rig.client() as client:
        reply = client.ask("POST", "/write", IN, body=b"x")
    assert (reply.status, reply.body) == (500, b"broken")
    assert len(rig.legacy.seen) == seen


@pytest.mark.parametrize("name", ["account.read", "account.write"])
def test_a_name_in_the_body_routes(rig: Rig, name: str) -> None:
    body = msgspec.json.encode({"jsonrpc": "2.0", "method": name, "id": 1})
    side = b"candidate:" if name == "account.read" else b"legacy:"
    with rig.client() as client:
        assert client.ask("POST", "/rpc", IN, body=body).body == side + body
        assert client.ask("POST", "/rpc", IN, body=body).body == side + body


def test_a_body_that_cannot_be_read_goes_to_the_owner(rig: Rig) -> None:
    before = rig.counts().uncaptured.get("unreadable", 0)
    with rig.client() as client:
        assert client.ask("POST", "/rpc", IN, body=b"{nonsense").body == b"legacy:{nonsense"
    assert rig.counts(lambda counts: counts.uncaptured.get("unreadable", 0) == before + 1)


@pytest.mark.parametrize("framing", ["sized", "chunked"])
@pytest.mark.parametrize("target", ["/rpc", "/search"])
def test_a_body_too_large_to_keep_goes_to_the_owner(rig: Rig, target: str, framing: str) -> None:
    before = rig.counts().uncaptured.get("too-large", 0)
    with rig.client() as client:
        if framing == "sized":
            client.send(request("POST", target, IN, body=LARGE))
        else:
            client.send(request("POST", target, IN, ("Transfer-Encoding", "chunked")))
            client.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(LARGE), LARGE))
        assert client.read().body == b"legacy:" + LARGE
    assert rig.counts(lambda counts: counts.uncaptured.get("too-large", 0) == before + 1)


def test_a_kept_body_is_sent_to_legacy_when_the_candidate_fails(rig: Rig) -> None:
    rig.candidate.scripts["/search"] = steps(RESET)
    with rig.client() as client:
        assert client.ask("POST", "/search", IN, body=b"q=1").body == b"legacy:q=1"
        client.send(request("POST", "/search", IN, ("Transfer-Encoding", "chunked")))
        client.send(b"3\r\nq=2\r\n0\r\n\r\n")
        assert client.read().body == b"legacy:q=2"


def test_a_client_that_waits_for_100_is_told_to_go_on(rig: Rig) -> None:
    rig.candidate.scripts["/search"] = body_of
    with rig.client() as client:
        client.send(request("POST", "/search", IN, ("Expect", "100-continue"), ("Content-Length", "3")))
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.send(b"q=1").read().body == b"candidate:q=1"


def test_a_stale_connection_is_not_the_clients_concern(rig: Rig) -> None:
    """A kept connection that a side closes just as it is asked: a request that may be repeated is."""
    served: list[int] = []

    def once_per_connection(seen: Seen) -> Steps:
        if seen.connection in served:
            yield CLOSE
        served.append(seen.connection)
        yield answer(b"fresh")

    rig.legacy.scripts["/stale"] = once_per_connection
    with rig.client() as client:
        for _ in range(5):
            assert client.ask("GET", "/stale").body == b"fresh"


@pytest.fixture
def down(rig: Rig) -> Iterator[None]:
    """The candidate refuses connections, and is back afterwards."""
    port = rig.candidate.port
    rig.candidate.close()
    yield
    rig.candidate = Origin(CANDIDATE, background=rig.background, port=port)


def test_a_candidate_that_is_down_costs_nobody_an_answer(rig: Rig, down: None) -> None:
    failed: list[int] = []

    def many() -> None:
        with rig.client() as client:
            failed.extend(
                reply.status for _ in range(20) if (reply := client.ask("GET", "/ok?down", IN)).status != 200
            )

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    fallback = rig.exchange("/ok?down").fallback
    assert fallback is not None
    assert fallback.reason == "refused"


def test_a_candidate_that_is_back_serves_again_on_the_same_connection(rig: Rig) -> None:
    with rig.client() as client:
        port = rig.candidate.port
        rig.candidate.close()
        assert client.ask("GET", "/ok", IN).body == b"legacy:"
        rig.candidate = Origin(CANDIDATE, background=rig.background, port=port)
        assert client.ask("GET", "/ok", IN).body == b"candidate"


def test_from_the_candidate_phase_on_nobody_answers_in_its_place(rig: Rig) -> None:
    rig.issue(table(2, canary("reads", "/{rest*}", phase="candidate")))
    seen = len(rig.legacy.seen)
    with rig.client() as client:
        assert client.ask("GET", "/error").status == 503
        assert client.ask("GET", "/ok").body == b"candidate"
        assert client.ask("GET", "/hang?record").status == 504
    assert len(rig.legacy.seen) == seen
    exchange: Exchange = rig.exchange("/hang?record")
    assert (exchange.primary, exchange.fallback) == ("candidate", None)
