"""OpenID Connect against a provider that really answers: there and back, and everything that is not to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from strangler.config.dashboard import Login
from strangler.testing.provider import CLIENT, SECRET, Provider
from strangler_dashboard.claims import person_of
from strangler_dashboard.errors import Forbidden, Unauthenticated

from .conftest import Answer, Place, words
from .test_logins import cookies, jar

URL = "http://127.0.0.1:8602"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def guarded(place: Place, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    provider.spoil, provider.asked = {}, []
    provider.now_s = lambda: place.now_ns // 1_000_000_000
    grants = "{billing-ops: [operator], auditors: [viewer, exemplars]}"
    oidc = f"{{issuer: '{provider.issuer}', client_id: {CLIENT}, client_secret: '${{OIDC_SECRET}}', "
    oidc += f"roles: {{claim: groups, grants: {grants}}}}}"
    place.file.write_text(f"{place.file.read_text()}dashboard: {{url: '{URL}', login: {{oidc: {oidc}}}}}\n")
    place.login, place.url = place.loaded.config.dashboard.login, URL
    return place


def there(place: Place, back: str = "/board") -> Answer:
    return place.ask(f"/login/oidc?next={back}")


def and_back(place: Place, provider: Provider, gone: Answer, cookie: str | None = None) -> Answer:
    target = provider.log_in(gone.headers["location"]).removeprefix(URL)
    return place.ask(target, cookie=jar(gone) if cookie is None else cookie, sec_fetch_site="cross-site")


def test_a_person_is_sent_there_and_comes_back_with_their_roles(guarded: Place, provider: Provider) -> None:
    page = guarded.ask("/login?next=/audit").html
    (link,) = page.cssselect("a.button")
    assert urlsplit(provider.issuer).netloc in words(link)
    gone = guarded.ask(link.get("href"))
    (query,) = [parse_qs(urlsplit(gone.headers["location"]).query)]
    assert (query["response_type"], query["code_challenge_method"]) == (["code"], ["S256"])
    assert query["redirect_uri"] == [f"{URL}/login/oidc/callback"]
    assert query["scope"] == ["openid profile email"]
    answer = and_back(guarded, provider, gone)
    assert (answer.status, answer.headers["location"]) == (303, "/audit")
    cookie = jar(answer)
    assert "You are ann@example.com (operator)" in words(
        guarded.ask("/board", cookie=cookie).html.cssselect(".who")[0]
    )
    assert guarded.ask("/cutovers/reads/start", cookie=cookie).status == 200
    assert guarded.ask("/cutovers/reads/approve", cookie=cookie).status == 403
    (entry,) = guarded.entries(action="login.begun")
    assert entry["after"]["via"] == f"session of {urlsplit(provider.issuer).netloc}"


SPOILT: list[dict[str, Any]] = [
    {"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None}, {"aud": "somebody"},
    {"aud": None}, {"aud": [CLIENT, "somebody"]}, {"azp": "somebody"}, {"exp": 1_799_999_000}, {"exp": None},
    {"iat": 1_800_009_000}, {"at_hash": "x"}, {"sub": None}, {"alg": "none"}, {"alg": "HS256"}, {"key": "another"},
    {"status": 400}, {"email": None}, {"email": "  "}, {"email": 7}, {"email_verified": False},
    {"from": "https://evil.example"}, {"error": "access_denied"},
]  # fmt: skip


def test_what_is_not_to_be_believed_lets_nobody_in(guarded: Place, provider: Provider) -> None:
    for spoilt in SPOILT:
        provider.spoil = spoilt
        answer = and_back(guarded, provider, there(guarded))
        assert answer.status == 401, spoilt
        assert answer.html.xpath("//*[@role='alert']")
        assert "strangler-session" not in cookies(answer), spoilt
    assert guarded.entries(action="login.begun") == []
    provider.spoil = {}
    assert and_back(guarded, provider, there(guarded)).status == 303


def test_without_a_role_nobody_is_let_in(guarded: Place, provider: Provider) -> None:
    provider.spoil = {"groups": ["others"]}
    answer = and_back(guarded, provider, there(guarded))
    assert (answer.status, "has no role here" in words(answer.html)) == (403, True)
    assert "strangler-session" not in cookies(answer)


def test_a_login_belongs_to_the_browser_that_began_it_and_is_used_once(
    guarded: Place, provider: Provider
) -> None:
    mine, others = there(guarded), there(guarded)
    assert and_back(guarded, provider, mine, jar(others)).status == 401
    assert and_back(guarded, provider, mine, "").status == 401
    gone = there(guarded)
    target = provider.log_in(gone.headers["location"]).removeprefix(URL)
    assert guarded.ask(target, cookie=jar(gone)).status == 303
    assert guarded.ask(target, cookie=jar(gone)).status == 401
    assert guarded.ask("/login/oidc/callback?state=x&code=y", cookie=jar(gone)).status == 401
    late = there(guarded)
    guarded.seconds += 601
    assert and_back(guarded, provider, late).status == 401


@pytest.mark.parametrize(
    "spoilt",
    [{"status": 500}, {"issuer": "https://evil.example"}, {"metadata": {"token_endpoint": "ftp://x/y"}},
     {"metadata": {"jwks_uri": 7}}],
    ids=str,
)  # fmt: skip
def test_a_provider_that_does_not_answer_as_it_should_is_said(
    guarded: Place, provider: Provider, spoilt: dict[str, Any]
) -> None:
    provider.spoil = spoilt
    gone = there(guarded)
    answer = and_back(guarded, provider, gone) if gone.status == 303 else gone
    assert (answer.status, "the provider" in words(answer.html)) == (502, True)


def test_a_provider_that_is_away_leaves_the_token(guarded: Place) -> None:
    gone = Provider()
    gone.close()
    oidc = guarded.login.oidc.model_copy(update={"issuer": gone.issuer})  # type: ignore[union-attr]
    guarded.login = Login(oidc=oidc)
    answer = there(guarded)
    assert (answer.status, "a token still lets you in" in words(answer.html)) == (502, True)
    assert guarded.ask("/board.json", authorization=f"Bearer {guarded.token('viewer')}").status == 200


def test_roles_are_found_along_the_dots_and_add_up(guarded: Place) -> None:
    assert guarded.login is not None
    assert guarded.login.oidc is not None
    oidc = guarded.login.oidc
    nested = oidc.model_copy(update={"roles": oidc.roles.model_copy(update={"claim": "realm.roles"})})
    both = {"email": " Ann  B ", "realm": {"roles": ["auditors", "billing-ops", 7]}}
    assert person_of(both, nested) == ("Ann B", ("viewer", "operator", "exemplars"))
    assert person_of({"email": "a", "realm.roles": "auditors"}, nested)[1] == ("viewer", "exemplars")
    for wrong in (
        {"email": "a"},
        {"email": "a", "realm": "auditors"},
        {"email": "a", "realm": {"roles": {}}},
    ):
        with pytest.raises(Forbidden):
            person_of(wrong, nested)
    with pytest.raises(Unauthenticated):
        person_of({"email": "\u200b", "realm": {"roles": "auditors"}}, nested)
