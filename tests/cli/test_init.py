"""`strangler init`: a file that check takes, from nothing, from OpenAPI, from a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strangler.config import Config, load
from strangler.routing.safety import reads_only

from .conftest import Ran, Strangler

LEGACY, CANDIDATE = "http://legacy.example.com/api", "https://candidate.example.com"

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://anything.example.com/api/v1"}],
    "paths": {
        "/invoices": {
            "get": {"operationId": "listInvoices"},
            "post": {"operationId": "createInvoice"},
            "parameters": [],
        },
        "/invoices/{invoice-id}": {"get": {"operationId": "getInvoice"}, "delete": {}},
        "/invoices/{invoice-id}/lines/{invoice-id}": {"get": {}},
        "/files/{name}.{ext}": {"get": {}},
        "/$ref/x": {"$ref": "#/elsewhere"},
    },
}


def init(strangler: Strangler, *more: str) -> Ran:
    return strangler("init", "--legacy", LEGACY, "--candidate", CANDIDATE, *more)


def written() -> Config:
    return load(Path("strangler.yaml")).config


def test_without_a_description_one_route_takes_what_reads(home: Path, strangler: Strangler) -> None:
    ran = init(strangler)
    assert ran.code == 0, ran.err
    config = written()
    assert (config.legacy.url, config.candidate.url) == (LEGACY, CANDIDATE)
    assert config.routes["everything-read"].match.path == "/{rest*}"
    assert config.cutovers["reads"].routes == ("everything-read",)
    assert "strangler check" in ran.out


def test_every_option_is_commented_for_a_newcomer(home: Path, strangler: Strangler) -> None:
    init(strangler)
    lines = (home / "strangler.yaml").read_text().splitlines()
    assert sum("#" in line for line in lines) > len(lines) / 2
    text = "\n".join(lines)
    for part in (
        "version:",
        "serve:",
        "ledger:",
        "redaction:",
        "strata:",
        "routes:",
        "rules:",
        "policy:",
        "cutovers:",
    ):
        assert part in text


def test_what_is_commented_out_is_right_too(home: Path, strangler: Strangler) -> None:
    """Each commented block, with its comment signs taken off, is still a good file."""
    init(strangler)
    text = (home / "strangler.yaml").read_text()
    for name in ("redaction", "strata", "rules", "policy"):
        start = text.index(f"# {name}:")
        block: list[str] = []
        for line in text[start:].splitlines():
            if not line.startswith("# ") or (block and not line.startswith("#  ")):
                break
            block.append(line[2:])
        assert len(block) > 1
        (home / "x.yaml").write_text(text + "\n".join(block) + "\n")
        load(home / "x.yaml")


def test_nothing_is_overwritten(home: Path, strangler: Strangler) -> None:
    (home / "strangler.yaml").write_text("mine")
    ran = init(strangler)
    assert ran.code == 2
    assert "nothing is ever overwritten" in ran.err
    assert (home / "strangler.yaml").read_text() == "mine"
    assert strangler("--config", "other.yaml", "init", "--legacy", LEGACY, "--candidate", CANDIDATE).code == 0
    assert (home / "other.yaml").exists()


@pytest.mark.parametrize(
    "url", ["nowhere", "ftp://x", "http://", "http://a b", "http://u:p@x", "http://[", "http://x?q"]
)
def test_a_bad_url_is_refused_and_nothing_written(home: Path, strangler: Strangler, url: str) -> None:
    ran = strangler("init", "--legacy", LEGACY, "--candidate", url)
    assert ran.code == 2
    assert "--candidate: " in ran.err
    assert list(home.iterdir()) == []


def test_usage(home: Path, strangler: Strangler) -> None:
    assert strangler("init").code == 2
    assert init(strangler, "--openapi", "a", "--har", "b").code == 2
    assert init(strangler, "--openapi", "missing.yaml").code == 2
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_routes_from_openapi(home: Path, strangler: Strangler, form: str) -> None:
    if form == "json":
        text = json.dumps(OPENAPI)
    else:
        from ruamel.yaml import YAML

        with (home / "api").open("w") as file:
            YAML().dump(OPENAPI, file)
        text = (home / "api").read_text()
    (home / "api").write_text(text)
    ran = init(strangler, "--openapi", "api")
    assert ran.code == 0, ran.err
    routes = {name: (route.match.method, route.match.path) for name, route in written().routes.items()}
    assert routes == {
        "list-invoices": (("GET",), "/v1/invoices"),
        "create-invoice": (("POST",), "/v1/invoices"),
        "get-invoice": (("GET",), "/v1/invoices/{invoice_id}"),
        "delete-v1-invoices-invoice-id": (("DELETE",), "/v1/invoices/{invoice_id}"),
        "get-v1-invoices-invoice-id-lines-invoice-id": (
            ("GET",),
            "/v1/invoices/{invoice_id}/lines/{invoice_id_}",
        ),
    }
    assert "/files/{name}.{ext}" in ran.out
    reads = written().cutovers["reads"].routes
    assert set(reads) == {name for name, (method, _) in routes.items() if method == ("GET",)}
    assert strangler("check", "--explain", "GET /v1/invoices/7").code == 0


def test_swagger_2_has_a_base_path(home: Path, strangler: Strangler) -> None:
    document = {"swagger": "2.0", "basePath": "/api/v2", "paths": {"/a": {"get": {}}}}
    (home / "api").write_text(json.dumps(document))
    assert init(strangler, "--openapi", "api").code == 0
    assert [route.match.path for route in written().routes.values()] == ["/v2/a"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "a: [", '{"openapi": "3"}', '{"paths": {}}', "\x00", "a: &a [*a]"]
)
def test_no_openapi(home: Path, strangler: Strangler, text: str) -> None:
    (home / "api").write_text(text)
    ran = init(strangler, "--openapi", "api")
    assert ran.code == 2, ran.out
    assert "api" in ran.err


def entry(method: str, url: str, body: str = "") -> dict[str, Any]:
    posted = {"postData": {"mimeType": "application/json", "text": body}} if body else {}
    return {"request": {"method": method, "url": url, **posted}}


def recorded(home: Path, *entries: dict[str, Any]) -> None:
    (home / "rec.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))


def test_routes_from_a_recording_with_ids_generalised(home: Path, strangler: Strangler) -> None:
    base = LEGACY
    recorded(
        home,
        *(entry("GET", f"{base}/invoices/{number}") for number in (4711, 4712, 4713)),
        entry("GET", f"{base}/invoices/INV-2024-00017.xml?x=1"),
        entry("GET", f"{base}/customers/1b4e28ba-2fa1-11d2-883f-0016d3cca427/invoices"),
        *(
            entry("GET", f"{base}/countries/{name}")
            for name in ("de", "fr", "at", "ch", "it", "es", "pl", "nl")
        ),
        entry("GET", f"{base}/v2/invoices"),
        entry("POST", f"{base}/payments", '{"method": "card"}'),
        entry("GET", f"{base}/app.css"),
        entry("GET", "https://cdn.example.com/x"),
    )
    ran = init(strangler, "--har", "rec.har")
    assert ran.code == 0, ran.err
    paths = {(route.match.method or ("",))[0] + " " + route.match.path for route in written().routes.values()}
    assert paths == {
        "GET /invoices/{invoice_id}",
        "GET /invoices/{invoice_id}.xml",
        "GET /customers/{customer_id}/invoices",
        "GET /countries/{country_id}",
        "GET /v2/invoices",
        "POST /payments",
    }
    assert "1 requests to other hosts were left out" in ran.out


def test_names_in_bodies_become_routes(home: Path, strangler: Strangler) -> None:
    rpc = '{"method": "model.%s", "params": [], "id": 1}'
    recorded(
        home,
        entry("POST", f"{LEGACY}/db/", rpc % "party.read"),
        entry("POST", f"{LEGACY}/db/", rpc % "party.write"),
        entry("POST", f"{LEGACY}/graphql", '{"query": "query Bills { bills { id } }"}'),
        entry("POST", f"{LEGACY}/graphql", '{"query": "mutation Pay { pay { id } }"}'),
        entry("POST", f"{LEGACY}/db/", rpc % "any*"),
    )
    assert init(strangler, "--har", "rec.har").code == 0
    config = written()
    bodies = {
        route.match.body.model_dump_json(exclude_none=True)
        for route in config.routes.values()
        if route.match.body
    }
    assert bodies == {
        '{"json_rpc":["model.party.read"]}',
        '{"json_rpc":["model.party.write"]}',
        '{"graphql":["Bills"]}',
        '{"graphql":["Pay"]}',
    }
    assert [name for name, route in config.routes.items() if reads_only(route)] == ["post-graphql-bills"]
    assert config.cutovers["reads"].routes == ("post-graphql-bills",)


def test_a_recording_of_another_host_is_taken_with_a_word(home: Path, strangler: Strangler) -> None:
    recorded(home, entry("GET", "http://elsewhere.example.com/a/1"))
    ran = init(strangler, "--har", "rec.har")
    assert ran.code == 0
    assert "nothing in it went to http://legacy.example.com" in ran.out
    assert [route.match.path for route in written().routes.values()] == ["/a/{a_id}"]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"log": {"entries": [1]}}', '{"log": {"entries": [{"request": {"url": "http://["}}]}}'],
)
def test_no_recording(home: Path, strangler: Strangler, text: str) -> None:
    (home / "rec.har").write_text(text)
    ran = init(strangler, "--har", "rec.har")
    assert ran.code == 2
    assert "no HAR" in ran.err


def test_a_recording_of_odd_paths_still_gives_a_good_file(home: Path, strangler: Strangler) -> None:
    recorded(
        home,
        *(
            entry(m, f"{LEGACY}{p}")
            for m, p in [
                ("GET", ""),
                ("GET", "/"),
                ("PATCH", "/{x}/{"),
                ("GET", "/a//b/%2F/1;2"),
                ("OPTIONS", "/ä ö"),
                ("PURGE", "/x"),
                ("GET", "/" + "x" * 3000),
                ("GET", "/a'b\"c#"),
            ]
        ),
    )
    assert init(strangler, "--har", "rec.har").code == 0
    assert len(written().routes) >= 6
