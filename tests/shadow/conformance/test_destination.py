"""A request in the words of its side: base URL, Host, forwarded fields, credentials, TLS."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from strangler.routing import IdentitySource, Route
from strangler.testing.background import Background
from strangler.testing.origin import Origin, Seen
from strangler_shadow.testing.rig import Launch, Rig, match, table

IN = ("X-Customer", "in")
OWN = (
    ("Authorization", "Bearer mine"),
    ("Cookie", "session=mine"),
    ("X-Api-Key", "mine"),
    ("X-Other", "stays"),
)


@pytest.fixture(scope="module")
def rig(launch: Launch) -> Rig:
    customer = IdentitySource("header", "x-customer")
    route = Route(
        "all", match("/{rest*}"), "c", "canary", 0, frozenset({"in"}), identity=customer, sampling=10_000
    )
    replaced = {"Authorization": "Bearer theirs", "x-api-key": "theirs"}
    return launch(table(1, route), sides={"candidate": {"replace": replaced, "host": "candidate.example"}})


def seen(rig: Rig, *fields: tuple[str, str], target: str) -> Seen:
    with rig.client() as client:
        lines = [f"GET {target} HTTP/1.1", "Host: public.example:8443", *(f"{n}: {v}" for n, v in fields)]
        assert client.send("\r\n".join(lines).encode() + b"\r\n\r\n").read().status == 200
    return next(s for origin in (rig.legacy, rig.candidate) for s in origin.seen if s.target.endswith(target))


def test_forwarded_fields_say_where_it_came_from(rig: Rig) -> None:
    found = seen(rig, target="/plain")
    assert found.values("host") == [f"127.0.0.1:{rig.legacy.port}".encode()]
    assert found.values("x-forwarded-for") == [b"127.0.0.1"]
    assert found.values("x-forwarded-proto") == [b"http"]
    assert found.values("x-forwarded-host") == [b"public.example:8443"]
    assert found.values("forwarded") == []
    assert found.values("via")[0].startswith(b"1.1 strangler-")


def test_forwarded_fields_of_an_earlier_hop_are_added_to(rig: Rig) -> None:
    found = seen(
        rig,
        ("X-Forwarded-For", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("X-Forwarded-Host", "first.example"),
        ("Forwarded", "for=203.0.113.7"),
        ("Via", "1.1 balancer"),
        target="/behind",
    )
    assert found.values("x-forwarded-for") == [b"203.0.113.7, 127.0.0.1"]
    assert found.values("x-forwarded-proto") == [b"https"]
    assert found.values("x-forwarded-host") == [b"first.example"]
    assert found.values("forwarded") == [
        b'for=203.0.113.7, for=127.0.0.1;host="public.example:8443";proto=http'
    ]
    assert found.values("via")[0].startswith(b"1.1 balancer, 1.1 strangler-")


def test_hop_by_hop_fields_and_those_named_in_connection_stay_behind(rig: Rig) -> None:
    found = seen(
        rig,
        ("Connection", "keep-alive, X-Private"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("X-Private", "1"),
        ("Proxy-Connection", "keep-alive"),
        target="/hops",
    )
    for name in ("connection", "keep-alive", "te", "x-private", "proxy-connection"):
        assert found.values(name) == []


def test_connection_cannot_unsay_the_host(rig: Rig) -> None:
    assert seen(rig, ("Connection", "Host, Via"), target="/unsaid").values("host")


def test_legacy_gets_the_clients_own_credentials(rig: Rig) -> None:
    found = seen(rig, *OWN, target="/own")
    assert [found.values(name) for name, _ in OWN] == [[value.encode()] for _, value in OWN]


def test_the_candidate_gets_its_own_and_never_the_clients(rig: Rig) -> None:
    found = seen(rig, *OWN, IN, target="/replaced")
    assert found.values("authorization") == [b"Bearer theirs"]
    assert found.values("x-api-key") == [b"theirs"]
    assert found.values("cookie") == []
    assert found.values("x-other") == [b"stays"]
    assert found.values("host") == [b"candidate.example"]
    assert b"mine" not in found.raw


def test_capture_keeps_what_the_client_sent(rig: Rig) -> None:
    seen(rig, *OWN, IN, target="/kept")
    request = rig.exchange("/kept").request
    assert (request.scheme, request.authority, request.peer) == ("http", "public.example:8443", "127.0.0.1")
    assert [value for name, value in request.message.fields if name == b"Authorization"] == [b"Bearer mine"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, which is its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secure(
    launch: Launch, certificate: tuple[Path, Path], background: Background
) -> Iterator[tuple[Rig, Origin]]:
    """TLS at both ends; legacy lives under a path, and the candidate's authority is not trusted."""
    cert, key = certificate
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(cert, key)
    with Origin(background=background, tls=serving) as origin:
        sides = {"legacy": {"url": f"{origin.url}/base/", "ca": str(cert)}, "candidate": {"url": origin.url}}
        first = table(1, Route("all", match("/{rest*}")), Route("new", match("/new"), "c", "candidate"))
        yield launch(first, certificate=str(cert), key=str(key), sides=sides), origin


def test_tls_at_both_ends_and_a_base_path(secure: tuple[Rig, Origin], certificate: tuple[Path, Path]) -> None:
    rig, origin = secure
    with rig.client() as client:
        trusting = ssl.create_default_context(cafile=certificate[0])
        client.socket = trusting.wrap_socket(client.socket, server_hostname="127.0.0.1")
        assert client.ask("GET", "/a?b=1").body == b"ok"
        assert client.ask("POST", "/a", body=b"x" * 100_000).body == b"ok"
        assert client.ask("GET", "/end", ("Connection", "close")).body == b"ok"
        assert client.rest() == b"", "the end is said, not cut"
    assert origin.targets() == ["/base/a?b=1", "/base/a", "/base/end"]
    assert origin.seen[0].values("x-forwarded-proto") == [b"https"]


def test_an_unknown_authority_is_no_connection(
    secure: tuple[Rig, Origin], certificate: tuple[Path, Path]
) -> None:
    rig, origin = secure
    with rig.client() as client:
        trusting = ssl.create_default_context(cafile=certificate[0])
        client.socket = trusting.wrap_socket(client.socket, server_hostname="127.0.0.1")
        assert client.ask("GET", "/new").status == 502
    assert "/new" not in origin.targets()
