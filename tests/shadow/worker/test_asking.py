"""How the other side is asked: what a request keeps, what it loses, and what is put in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strangler.errors import UsageError
from strangler.exchange import Failure, Message, Request, Response
from strangler.testing.background import Background
from strangler.testing.origin import CLOSE, Origin, Script, Seen, Steps, answer
from strangler_shadow.settings import SideSettings
from strangler_shadow.worker.ask import Asker, Limits

type Fields = tuple[tuple[bytes, bytes], ...]


def request(
    target: str = "/invoices/1", *fields: tuple[bytes, bytes], method: str = "GET", body: bytes = b""
) -> Request:
    named = ((b"Host", b"bills.example"), *fields)
    return Request(method, target, "https", "bills.example", "192.0.2.7", Message(named, body, len(body)))


@pytest.fixture
def loop() -> Iterator[Background]:
    with Background() as background:
        yield background


def saying(raw: bytes) -> Script:
    return lambda _: iter((raw,))


def ask(
    loop: Background, origin: Origin, asked: Request, path: str = "", **more: object
) -> Response | Failure:
    settings: dict[str, object] = {"url": origin.url + path, **more}

    async def run() -> Response | Failure:
        asker = Asker(SideSettings(**settings), Limits(2_000, 1 << 20), "strangler-test")  # type: ignore[arg-type]
        try:
            return await asker.ask(asked)
        finally:
            await asker.close()

    return loop.call(run())


def test_fields_keep_order_spelling_and_duplicates(loop: Background) -> None:
    with Origin() as origin:
        ask(
            loop,
            origin,
            request("/x", (b"b-Two", b"2"), (b"A-one", b"1"), (b"b-Two", b"3"), (b"ACCEPT", b"*/*")),
        )
        names = [name for name, _ in origin.seen[0].fields]
    assert names[:5] == [b"Host", b"b-Two", b"A-one", b"b-Two", b"ACCEPT"]
    assert b"User-Agent" not in names
    assert b"Accept-Encoding" not in names


def test_the_target_goes_under_the_base_and_is_not_written_anew(loop: Background) -> None:
    target = "/a%2Fb/../c//d;x=1/?q=a+b%20c&q=%C3%A9&e"
    with Origin() as origin:
        ask(loop, origin, request(target), "/v2")
        assert origin.targets() == ["/v2" + target]


def test_host_is_the_side_s_and_the_client_s_is_forwarded(loop: Background) -> None:
    with Origin() as origin:
        ask(loop, origin, request("/x", (b"X-Forwarded-For", b"198.51.100.1")), host="internal.example")
        seen = origin.seen[0]
    assert seen.values("host") == [b"internal.example"]
    assert seen.values("x-forwarded-for") == [b"198.51.100.1, 192.0.2.7"]
    assert seen.values("x-forwarded-proto") == [b"https"]
    assert seen.values("x-forwarded-host") == [b"bills.example"]
    assert seen.values("via") == [b"1.1 strangler-test"]


def test_hop_by_hop_fields_and_those_they_name_stay_behind(loop: Background) -> None:
    fields = (
        (b"Connection", b"X-Local, close"),
        (b"X-Local", b"1"),
        (b"TE", b"trailers"),
        (b"Keep-Alive", b"5"),
    )
    with Origin() as origin:
        ask(loop, origin, request("/x", *fields))
        seen = origin.seen[0]
    assert not any(seen.values(name) for name in ("x-local", "te", "keep-alive"))


def test_credentials_are_replaced_and_the_client_s_taken_out(loop: Background) -> None:
    fields = ((b"Authorization", b"Bearer client"), (b"Cookie", b"session=1"))
    with Origin() as origin:
        ask(loop, origin, request("/x", *fields), replace={"Authorization": "Bearer shadow"})
        ask(loop, origin, request("/x", *fields))
        first, second = origin.seen
    assert (first.values("authorization"), first.values("cookie")) == ([b"Bearer shadow"], [])
    assert (second.values("authorization"), second.values("cookie")) == ([b"Bearer client"], [b"session=1"])


def test_a_body_is_sent_as_it_came(loop: Background) -> None:
    fields = (
        (b"Content-Type", b"application/json"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Expect", b"100-continue"),
    )
    with Origin() as origin:
        ask(loop, origin, request("/search", *fields, method="POST", body=b'{"a": 1}'))
        seen = origin.seen[0]
    assert (seen.method, seen.body) == ("POST", b'{"a": 1}')
    assert seen.values("content-length") == [b"8"]
    assert not seen.values("transfer-encoding")
    assert not seen.values("expect")


def test_an_answer_keeps_its_bytes_and_its_fields(loop: Background) -> None:
    zipped = b"\x1f\x8b not really"
    fields = (
        ("Content-Encoding", "gzip"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Connection", "keep-alive"),
    )
    with Origin(default=lambda _: iter((answer(zipped, *fields),))) as origin:
        found = ask(loop, origin, request())
    assert isinstance(found, Response)
    assert found.message.body == zipped
    assert [value for name, value in found.message.fields if name == b"Set-Cookie"] == [b"a=1", b"b=2"]
    assert not [name for name, _ in found.message.fields if name == b"Connection"]


def test_bytes_that_are_no_utf_8_go_and_come_as_they_are(loop: Background) -> None:
    said = b"HTTP/1.1 200 OK\r\nX-Name: M\xfcller\r\nContent-Length: 0\r\n\r\n"
    with Origin(default=saying(said)) as origin:
        found = ask(loop, origin, request("/na\xefve", (b"X-Name", b"M\xfcller \xff")))
        assert origin.seen[0].values("x-name") == [b"M\xfcller \xff"]
    assert isinstance(found, Response)
    assert (b"X-Name", b"M\xfcller") in found.message.fields


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/x", (b"X-A", b"1\r\nX-B: 2")),
        ("/x", (b"X-A", b"1\n")),
        ("/x y", (b"X-A", b"1")),
        ("/x\r\n", (b"X-A", b"1")),
    ],
)
def test_what_could_be_read_as_two_requests_is_not_sent(
    loop: Background, target: str, field: tuple[bytes, bytes]
) -> None:
    with Origin() as origin:
        found = ask(loop, origin, request(target, field))
        assert not origin.seen
    assert isinstance(found, Failure)
    assert found.reason == "malformed"


def test_an_empty_post_says_that_it_is_empty(loop: Background) -> None:
    with Origin() as origin:
        ask(loop, origin, request(method="POST"))
        ask(loop, origin, request(method="GET"))
        assert [seen.values("content-length") for seen in origin.seen] == [[b"0"], []]


def test_what_only_informs_is_not_the_answer(loop: Background) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with Origin(default=saying(hints)) as origin:
        found = ask(loop, origin, request())
    assert isinstance(found, Response)
    assert (found.status, found.message.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "reset"),
        (b"SMTP 200 OK\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (1 << 20) + b"x", "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000, "too-large"),
    ],
)
def test_what_is_no_whole_answer_is_a_failure_with_its_reason(
    loop: Background, raw: bytes, reason: str
) -> None:
    def once(_: Seen) -> Steps:
        yield raw
        yield CLOSE

    with Origin(default=once) as origin:
        found = ask(loop, origin, request())
    assert isinstance(found, Failure)
    assert found.reason == reason


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_was_closed_is_no_failure(loop: Background, method: str) -> None:
    def once(_: Seen) -> Steps:
        yield answer(b"ok")
        yield CLOSE

    async def twice(asker: Asker) -> list[Response | Failure]:
        import asyncio

        found = [await asker.ask(request(method=method))]
        await asyncio.sleep(0.05)
        return [*found, await asker.ask(request(method=method))]

    async def run(origin: Origin) -> list[Response | Failure]:
        asker = Asker(SideSettings(url=origin.url), Limits(2_000, 1 << 20), "strangler-test")
        try:
            return await twice(asker)
        finally:
            await asker.close()

    with Origin(default=once) as origin:
        assert [isinstance(found, Response) for found in loop.call(run(origin))] == [True, True]


def test_head_204_and_304_have_no_body(loop: Background) -> None:
    empty = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    for raw, method in ((empty, "GET"), (head, "HEAD"), (b"HTTP/1.1 204 No Content\r\n\r\n", "GET")):
        with Origin(default=saying(raw)) as origin:
            found = ask(loop, origin, request(method=method))
        assert isinstance(found, Response), raw
        assert found.message.body == b""


def test_a_header_of_64_kb_comes_through(loop: Background) -> None:
    with Origin(default=lambda _: iter((answer(b"ok", ("X-Long", "x" * 65_000)),))) as origin:
        assert isinstance(ask(loop, origin, request()), Response)


def test_a_ca_file_that_is_not_there_is_an_error_with_words(loop: Background, tmp_path: Path) -> None:
    async def make() -> None:
        Asker(SideSettings(url="https://bills.example", ca=str(tmp_path / "none.pem")), Limits(1, 1), "v")

    with pytest.raises(UsageError, match="CA file"):
        loop.call(make())
