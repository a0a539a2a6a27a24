import pytest

from strangler.exchange import Fields
from strangler_shadow.destination import Destination, Hop, answer_fields
from strangler_shadow.settings import SideSettings

HOP = Hop("192.0.2.1", "https", "public.example", "strangler-1")
OURS = (
    (b"X-Forwarded-For", b"192.0.2.1"),
    (b"X-Forwarded-Proto", b"https"),
    (b"X-Forwarded-Host", b"public.example"),
    (b"Via", b"1.1 strangler-1"),
)


def side(url: str = "http://legacy:8080/api/", **more: object) -> Destination:
    return Destination(SideSettings(url, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h", ("h", 80, False, "", "h")),
        ("https://h/a/", ("h", 443, True, "/a", "h")),
        ("http://[::1]:81/a/b", ("::1", 81, False, "/a/b", "[::1]:81")),
    ],
)
def test_a_base_url_is_taken_apart(url: str, expected: tuple[str, int, bool, str, str]) -> None:
    found = side(url)
    assert (found.host, found.port, found.tls, found.prefix, found.authority) == expected


@pytest.mark.parametrize("url", ["ftp://h", "h", "http://"])
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        side(url)


def test_a_target_goes_under_the_base_url() -> None:
    assert [side().target(target) for target in ("/x?y", "/", "*", "//z")] == [
        "/api/x?y",
        "/api/",
        "*",
        "/api//z",
    ]


def test_host_is_replaced_where_it_stood() -> None:
    fields = side().fields(((b"A", b"1"), (b"hOsT", b"public.example"), (b"B", b"2")), HOP)
    assert fields == ((b"A", b"1"), (b"hOsT", b"legacy:8080"), (b"B", b"2"), *OURS)


def test_host_is_put_in_where_there_was_none() -> None:
    assert side(host="named").fields(((b"Via", b"1.0 old"),), HOP)[:2] == (
        (b"Host", b"named"),
        (b"Via", b"1.0 old, 1.1 strangler-1"),
    )


def test_an_ipv6_peer_is_quoted_in_forwarded() -> None:
    hop = Hop("2001:db8::1", "http", "h", "v")
    found = dict(side().fields(((b"Forwarded", b"for=a"),), hop))
    assert found[b"Forwarded"] == b'for=a, for="[2001:db8::1]";host="h";proto=http'


@pytest.mark.parametrize("name", [b"Content-Length", b"transfer-encoding", b"Host"])
def test_framing_cannot_be_unsaid(name: bytes) -> None:
    fields: Fields = ((b"Host", b"x"), (b"Connection", name), (name, b"1"))
    assert name in [found for found, _ in side().fields(fields, HOP)]


def test_a_websockets_hop_is_renewed() -> None:
    fields = ((b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"WebSocket, other"))
    found = side().fields(fields, HOP, websocket=True)
    assert (b"connection", b"Upgrade") in found
    assert (b"upgrade", b"websocket") in found
    assert not {b"connection", b"upgrade"} & {name for name, _ in side().fields(fields, HOP)}


def test_own_credentials_take_the_place_of_the_clients() -> None:
    fields = ((b"AUTHORIZATION", b"mine"), (b"Cookie", b"mine"), (b"X-Key", b"mine"), (b"Accept", b"*"))
    found = side(replace={"x-key": "theirs"}).fields(fields, HOP)
    assert b"mine" not in [value for _, value in found]
    assert found[-1] == (b"x-key", b"theirs")
    assert (b"Accept", b"*") in found


def test_an_answers_hop_stays_behind() -> None:
    fields = (
        (b"Connection", b"X-One"),
        (b"X-One", b"1"),
        (b"Keep-Alive", b"5"),
        (b"A", b"1"),
        (b"Upgrade", b"x"),
    )
    assert answer_fields(fields, status=200) == ((b"A", b"1"),)
    assert answer_fields(fields, status=101) == tuple(f for f in fields if f[0] != b"Keep-Alive")
