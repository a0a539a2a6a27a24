"""`strangler check`: what it looks at, and which route wins."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from strangler.testing.origin import CLOSE, HANG, Origin, Seen, Steps

from .conftest import Place, Strangler


def answering(status: str = "200 OK", fields: str = "", body: str = "ok") -> object:
    def script(_: Seen) -> Steps:
        yield f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        yield CLOSE

    return script


def hanging(_: Seen) -> Steps:
    yield HANG


def not_http(_: Seen) -> Steps:
    yield b"220 smtp.example.com ready\r\n"
    yield CLOSE


@pytest.fixture
def legacy() -> Iterator[Origin]:
    with Origin(default=answering()) as origin:  # type: ignore[arg-type]
        yield origin


@pytest.fixture
def candidate() -> Iterator[Origin]:
    scripts = {
        "/": answering(fields="X-Version: 2.10\r\n"),
        "/version": answering(body='{"build": {"version": 2.10}}'),
        "/lag": answering(body='{"seconds": 0.5}'),
    }
    with Origin(scripts) as origin:  # type: ignore[arg-type]
        yield origin


def config(legacy: Origin, candidate: Origin, more: str = "", version: str = "{header: X-Version}") -> str:
    return (
        f"version: 1\nlegacy: {{url: '{legacy.url}'}}\ncandidate:\n  url: '{candidate.url}'\n  version: {version}\n"
        f"serve: {{listen: '127.0.0.1:0', control: '127.0.0.1:0'}}\n"
        f"routes:\n  a:\n    match: {{method: GET, path: /a}}\n    identity: {{header: X}}\n"
        f"cutovers:\n  reads:\n    routes: [a]\n{more}"
    )


def test_all_is_well(home: Path, legacy: Origin, candidate: Origin, strangler: Strangler) -> None:
    (home / "strangler.yaml").write_text(config(legacy, candidate))
    ran = strangler("check")
    assert ran.code == 0, ran.out
    assert "the candidate says it is 2.10" in ran.out
    assert "not there yet, `strangler serve` makes it" in ran.out
    assert "nothing in the way" in ran.out
    assert not (home / "strangler.db").exists()
    assert [seen.method for seen in legacy.seen] == ["GET"]


def test_a_version_endpoint(home: Path, legacy: Origin, candidate: Origin, strangler: Strangler) -> None:
    (home / "strangler.yaml").write_text(
        config(legacy, candidate, version="{endpoint: /version, path: $.build.version}")
    )
    assert "the candidate says it is 2.10" in strangler("check").out
    (home / "strangler.yaml").write_text(
        config(legacy, candidate, version="{endpoint: /version, path: $.none}")
    )
    ran = strangler("check")
    assert (ran.code, "holds no single value at $.none" in ran.out) == (1, True)


def test_both_systems_down(home: Path, legacy: Origin, candidate: Origin, strangler: Strangler) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    text = config(legacy, candidate).replace(legacy.url, f"http://127.0.0.1:{port}")
    candidate.default = hanging
    candidate.scripts = {}
    (home / "strangler.yaml").write_text(text)
    ran = strangler("check")
    assert ran.code == 1
    assert "refused: nothing listens there" in ran.out
    assert "no answer within 2 s" in ran.out
    assert "2 in the way" in ran.out


def test_what_answers_is_not_http(
    home: Path, legacy: Origin, candidate: Origin, strangler: Strangler
) -> None:
    legacy.default = not_http
    candidate.scripts = {}
    candidate.default = answering("503 Busy")  # type: ignore[assignment]
    (home / "strangler.yaml").write_text(config(legacy, candidate))
    ran = strangler("check")
    assert ran.code == 1
    assert "does not speak HTTP" in ran.out
    assert "answers, with status 503" in ran.out
    assert "has no field X-Version" in ran.out


@pytest.mark.parametrize(
    ("path", "within", "code", "words"),
    [
        ("$.seconds", "5s", 0, "0.5 s, within 5000 ms"),
        ("$.seconds", "100ms", 0, "over the 100 ms"),
        ("$.none", "5s", 1, "holds no number"),
    ],
)
def test_the_lag_probe(
    home: Path,
    legacy: Origin,
    candidate: Origin,
    strangler: Strangler,
    path: str,
    within: str,
    code: int,
    words: str,
) -> None:
    more = f"    state: {{synced: {{lag: {{url: '{candidate.url}/lag', path: {path}}}, within: {within}}}}}\n"
    (home / "strangler.yaml").write_text(config(legacy, candidate, more))
    ran = strangler("check")
    assert (ran.code, words in ran.out) == (code, True), ran.out


def test_environment_variables(
    home: Path, legacy: Origin, candidate: Origin, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = config(legacy, candidate).replace(
        "candidate:\n", "candidate:\n  auth: {replace: {Authorization: 'B ${CT}'}}\n"
    )
    (home / "strangler.yaml").write_text(text)
    monkeypatch.delenv("CT", raising=False)
    ran = strangler("check")
    assert (ran.code, "$CT" in ran.out, "export CT=" in ran.out) == (1, True, True)
    monkeypatch.setenv("CT", "s3cr3t")
    ran = strangler("check")
    assert ran.code == 0
    assert candidate.seen[-1].values("authorization") == [b"B s3cr3t"]
    assert "s3cr3t" not in ran.out


def test_files_and_folders(home: Path, legacy: Origin, candidate: Origin, strangler: Strangler) -> None:
    text = config(legacy, candidate).replace("serve: {", "serve: {tls: {certificate: a.pem, key: a.key}, ")
    (home / "strangler.yaml").write_text(text.replace("candidate:\n", "candidate:\n  ca: no.pem\n"))
    ran = strangler("check")
    assert ran.code == 1
    assert "a.pem cannot be read" in ran.out
    assert "there is no file" in ran.out
    assert "no.pem" in ran.out


def test_an_address_in_use_and_a_broken_ledger(
    home: Path, legacy: Origin, candidate: Origin, strangler: Strangler
) -> None:
    (home / "strangler.db").write_bytes(b"this is no database" * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (home / "strangler.yaml").write_text(
            config(legacy, candidate).replace("127.0.0.1:0'", f"127.0.0.1:{port}'", 1)
        )
        ran = strangler("check")
    assert "if `strangler serve` runs already, that is it" in ran.out
    assert ran.code == 1
    assert next(line for line in ran.out.splitlines() if line.startswith("error")).split()[1] == "ledger"


def test_warnings_leave_with_0(home: Path, legacy: Origin, candidate: Origin, strangler: Strangler) -> None:
    (home / "strangler.yaml").write_text(
        config(legacy, candidate) + "rules: [{ignore: $.a, expires: 2020-01-01}]\n"
    )
    ran = strangler("check")
    assert (ran.code, "the rule expired on 2020-01-01" in ran.out) == (0, True)


def test_a_file_that_cannot_be_used_is_exit_2(home: Path, strangler: Strangler) -> None:
    (home / "strangler.yaml").write_text("version: 1\nlegcay: {}\n")
    ran = strangler("check")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `legacy`?" in ran.err


ROUTES = """
routes:
  one: GET /invoices/{id}
  xml: GET /invoices/{id}.xml
  mine:
    match: {method: GET, path: "/invoices/{id}", header: {X-Team: "a*"}}
    identity: {header: X-Customer}
  print: {match: {path: "/invoices/{id}", query: {print: "*"}}}
  rpc-read: {match: {method: POST, path: /rpc, body: {json-rpc: "*.read"}}, safe: true}
  rpc: {match: {method: POST, path: /rpc}}
cutovers:
  reads: {routes: [one, mine]}
"""


@pytest.fixture
def routed(place: Place) -> Place:
    text = place.file.read_text()
    place.file.write_text(text[: text.index("routes:")] + ROUTES.lstrip())
    return place


@pytest.mark.parametrize(
    ("request_", "more", "winner"),
    [
        ("GET /invoices/7", [], "one"),
        ("GET /invoices/7.xml", [], "xml"),
        ("GET /invoices/7", ["--header", "x-team: abc"], "mine"),
        ("GET /invoices/7", ["--header", "x-team: b"], "one"),
        ("GET /invoices/7?print=", [], "print"),
        ("POST /invoices/7?print=1", [], "print"),
        ("POST /rpc", ["--body", "-"], "rpc-read"),
    ],
)
def test_explain_says_who_wins(
    routed: Place, strangler: Strangler, request_: str, more: list[str], winner: str
) -> None:
    ran = strangler("check", "--explain", request_, *more, stdin=b'{"method": "party.read", "params": []}')
    assert ran.code == 0, ran.err
    row = next(line for line in ran.out.splitlines() if "it wins" in line)
    assert row.split()[0] == winner
    assert f"Route `{winner}` takes it" in ran.out


def test_explain_says_why_the_others_do_not(routed: Place, strangler: Strangler) -> None:
    out = strangler("check", "--explain", "GET /invoices/7").out
    for words in (
        "the path does not fit /invoices/{id}.xml",
        "header `x-team` is absent, not 'a*'",
        "query `print` is absent, not '*'",
        "the method is GET, not POST",
    ):
        assert words in out
    assert "it wins" in out
    out = strangler("check", "--explain", "GET /invoices/7", "--header", "X-Team: a").out
    assert "fits too, but is less specific" in out


def test_explain_asks_for_the_body_where_it_decides(routed: Place, strangler: Strangler) -> None:
    out = strangler("check", "--explain", "POST /rpc").out
    assert "give one with --body" in out
    assert "it wins" not in out.partition("depends")[2]
    out = strangler("check", "--explain", "POST /rpc", "--body", "-", stdin=b"not json").out
    assert "cannot be read" in out
    assert "legacy answers, nothing is captured" in out


def test_explain_says_what_happens_to_the_customer(routed: Place, strangler: Strangler) -> None:
    headers = ["--header", "X-Team: a", "--header", "X-Customer: 4711"]
    out = strangler("check", "--explain", "GET /invoices/7", *headers).out
    assert "'4711' is in bucket" in out
    assert strangler("cutover", "start", "reads").code == 0
    out = strangler("check", "--explain", "GET /invoices/7", *headers).out
    assert "in phase shadow" in out
    assert "Then candidate is asked the same, for 100 % of such requests." in out
    assert "No route takes it" in strangler("check", "--explain", "GET /nowhere").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--explain", "invoices"],
        ["--explain", "GET"],
        ["--header", "a: b"],
        ["--explain", "GET /x", "--header", "nocolon"],
        ["--explain", "GET /x", "--body", "missing.json"],
    ],
)
def test_usage(place: Place, strangler: Strangler, arguments: list[str]) -> None:
    assert strangler("check", *arguments).code == 2
