"""What every answer carries, who is answered, and that nothing is written."""

from __future__ import annotations

import pytest

from strangler_dashboard.routes import TABLE

from .conftest import Place
from .made import differing, id_of


@pytest.fixture
def filled(place: Place) -> Place:
    return differing(place)


def test_every_page_has_its_json_an_etag_and_strict_headers(filled: Place) -> None:
    for entry in TABLE:
        target = entry.path.format(id=id_of(filled), cutover="reads", migration="01_x")
        for address in (target, f"{target}.json"):
            answer = filled.ask(address)
            assert answer.status == 200
            again = filled.ask(address, if_none_match=answer.headers["etag"])
            assert (again.status, again.body) == (304, b"")
            assert filled.ask(address, if_none_match='W/"other"').status == 200
            assert filled.ask(address, "HEAD").status == 200
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
        page = filled.ask(target).html
        assert page.xpath("//@style | //style") == []
        assert [each.get("src", "").partition("?")[0] for each in page.xpath("//script")] == [
            "/static/app.js"
        ]
        assert page.xpath("//@*[starts-with(name(), 'on')]") == []
        assert [each for each in page.xpath("//@href | //@src | //@action") if "//" in each] == []


def test_the_etag_is_another_once_something_was_written(filled: Place) -> None:
    before = {
        target: filled.ask(target).headers["etag"] for target in ("/board", "/divergences", "/evidence")
    }
    judged = filled.judged()
    filled.write(judged.different(fingerprint="f9", drift={"EUR": "7"}))
    for target, tag in before.items():
        assert filled.ask(target, if_none_match=tag).status == 200, target


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8602", 200),
        ("localhost", 200),
        ("[::1]:8602", 200),
        ("127.9.9.9", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_machine_are_answered(place: Place, host: str, status: int) -> None:
    answer = place.ask("/healthz", host=host)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_are_only_read(place: Place, method: str) -> None:
    for entry in TABLE:
        if method == "POST" and entry.do is not None:
            continue
        answer = place.ask(entry.path.format(id="x", cutover="reads", migration="01_x"), method)
        assert answer.status == 405
        assert answer.headers["allow"]


def test_a_theme_is_remembered_and_only_by_a_page_of_ours(place: Place) -> None:
    answer = place.ask("/theme", "POST", b"theme=dark", referer="http://127.0.0.1:8602/divergences")
    assert (answer.status, answer.headers["location"]) == (303, "/divergences")
    assert answer.headers["set-cookie"].startswith("strangler-theme=dark")
    assert place.ask("/board", cookie="strangler-theme=dark").html.get("data-theme") == "dark"
    assert place.ask("/board", cookie='strangler-theme="x><script>"').html.get("data-theme") == "auto"
    elsewhere = place.ask("/theme", "POST", b"theme=dark", referer="http://evil.example//evil.example/x")
    assert elsewhere.headers["location"] == "/board"
    same = place.ask("/theme", "POST", b"theme=dark", referer="http://127.0.0.1:8602//evil.example/x")
    assert same.headers["location"] == "/evil.example/x"
    assert place.ask("/theme", "POST", b"theme=neon").status == 400


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, False),
        ({"sec_fetch_site": "same-origin", "origin": "http://127.0.0.1:8602"}, False),
        ({"sec_fetch_site": "none"}, False),
        ({"sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_site": "same-site"}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "http://127.0.0.1:8603"}, True),
        ({"origin": "null"}, True),
        ({"sec_fetch_site": "same-origin", "origin": "null"}, True),
    ],
)
def test_a_page_of_somebody_else_makes_nothing_be_done(
    place: Place, fields: dict[str, str], refused: bool
) -> None:
    assert (place.ask("/theme", "POST", b"theme=dark", **fields).status == 403) == refused
