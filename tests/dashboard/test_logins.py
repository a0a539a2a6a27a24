"""Logging in: by a token in the request, by a session; how each ends, and what is refused."""

from __future__ import annotations

import pytest

from strangler.config.dashboard import Login
from strangler.ledger import tokens
from strangler_dashboard.entrance import way_back
from strangler_dashboard.throttle import WRONG

from .conftest import HOUR_NS, Answer, Place, words

MINUTE_NS = 60_000_000_000


@pytest.fixture
def guarded(place: Place) -> Place:
    """Where people log in."""
    place.login = Login.model_validate({"idle": "30m", "longest": "12h"})
    return place


def cookies(answer: Answer) -> dict[str, str]:
    pairs = (each.partition(";")[0].partition("=") for each in answer.cookies)
    return {name: value for name, _, value in pairs}


def logged_in(place: Place, token: str, back: str = "/board") -> Answer:
    page = place.ask(f"/login?next={back}")
    hidden = {each.get("name"): each.get("value") for each in page.html.xpath("//input[@type='hidden']")}
    fields = {name: hidden[name] for name in ("csrf", "next")}
    return place.send("/login", {**fields, "token": token}, cookie=jar(page))


def jar(answer: Answer) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies(answer).items() if value and value != '""')


def test_a_bearer_token_lets_a_program_in_as_who_it_is_for(guarded: Place) -> None:
    token = guarded.token("viewer")
    assert guarded.ask("/board.json").status == 401
    assert guarded.ask("/board.json").headers["www-authenticate"] == "Bearer"
    assert guarded.ask("/board.json", authorization=f"Bearer {token}").status == 200
    assert guarded.ask("/board.json", authorization=f"bearer  {token}").status == 200
    for wrong in (
        f"Basic {token}",
        "Bearer",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        "Bearer \u00e9",
        token,
    ):
        answer = guarded.ask("/board.json", authorization=wrong)
        assert answer.status == 401, wrong
        assert token not in answer.body.decode()


def test_a_program_is_told_and_a_browser_is_led(guarded: Place) -> None:
    for target, accept, status in (
        ("/board", "*/*", 401), ("/board", "text/html,*/*", 303), ("/board.json", "text/html", 401),
        ("/metrics", "text/plain,*/*;q=0.1", 401), ("/events", "text/event-stream", 401),
    ):  # fmt: skip
        assert guarded.ask(target, accept=accept).status == status, (target, accept)
    assert guarded.ask("/cutovers/reads/start", "POST").status == 401
    # Who is not known follows nothing: there would be no answer.
    assert guarded.ask("/login").html.xpath("//*[@data-live]") == []


def test_what_anybody_may_send_is_small(guarded: Place) -> None:
    assert guarded.ask("/theme", "POST", b"theme=dark" + b" " * 1_000).status == 400
    assert guarded.send("/login", {"token": "x" * 20_000}).status == 400


def test_an_expired_and_a_revoked_token_let_nobody_in(guarded: Place) -> None:
    short, other = guarded.token("viewer", lasts_ns=HOUR_NS), guarded.token("viewer", lasts_ns=9 * HOUR_NS)
    guarded.now_ns += HOUR_NS
    answer = guarded.ask("/board.json", authorization=f"Bearer {short}")
    assert (answer.status, answer.json["detail"]) == (401, "the token is expired")
    assert guarded.ask("/board.json", authorization=f"Bearer {other}").status == 200
    with guarded.written() as connection:
        found = tokens.find(connection, other)
        assert found is not None
        tokens.revoke(connection, found.id, "root", "lost", guarded.now_ns)
    answer = guarded.ask("/board.json", authorization=f"Bearer {other}")
    assert (answer.status, answer.json["detail"]) == (401, "the token is revoked")
    assert [each["reason"] for each in guarded.entries(action="token.revoked")] == ["lost"]


def test_a_person_goes_to_the_login_and_on_to_where_they_wanted(guarded: Place) -> None:
    way = guarded.ask("/divergences?severity=money")
    assert (way.status, way.headers["location"]) == (303, "/login?next=%2Fdivergences%3Fseverity%3Dmoney")
    answer = logged_in(guarded, guarded.token("viewer"), "%2Fdivergences%3Fseverity%3Dmoney")
    assert (answer.status, answer.headers["location"]) == (303, "/divergences?severity=money")
    (session,) = [each for each in answer.cookies if each.startswith("strangler-session=")]
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Secure" not in session
    page = guarded.ask("/board", cookie=jar(answer))
    assert "You are ann (viewer)" in words(page.html.cssselect(".who")[0])
    (entry,) = guarded.entries(action="login.begun")
    assert (entry["actor"], entry["after"]["via"].startswith("session of token ")) == ("ann", True)


def test_by_https_the_cookie_is_for_that_host_alone(guarded: Place) -> None:
    guarded.url = "https://strangler.example.com"
    answer = logged_in(guarded, guarded.token("viewer"))
    (session,) = [each for each in answer.cookies if each.startswith("__Host-strangler=")]
    assert "Secure" in session
    assert "Path=/" in session
    assert "Domain" not in session


def test_logging_out_ends_the_session_wherever_its_cookie_is(guarded: Place) -> None:
    cookie = jar(logged_in(guarded, guarded.token("viewer")))
    page = guarded.ask("/board", cookie=cookie)
    (csrf,) = page.html.xpath("//form[@action='/logout']//input[@name='csrf']/@value")
    assert guarded.send("/logout", {"csrf": "x" * 32}, cookie=cookie).status == 403
    assert guarded.ask("/board.json", cookie=cookie).status == 200
    assert guarded.send("/logout", {"csrf": csrf}, cookie=cookie).headers["location"] == "/login"
    assert guarded.ask("/board.json", cookie=cookie).status == 401
    assert [each["actor"] for each in guarded.entries(action="login.ended")] == ["ann"]


def test_a_session_ends_when_nobody_is_there_and_when_its_time_is_over(guarded: Place) -> None:
    token = guarded.token("viewer", lasts_ns=99 * HOUR_NS)
    idle = jar(logged_in(guarded, token))
    guarded.now_ns += 31 * MINUTE_NS
    assert guarded.ask("/board.json", cookie=idle).status == 401
    busy = jar(logged_in(guarded, token))
    for _ in range(30):  # of 25 minutes: twelve hours and a half
        guarded.now_ns += 25 * MINUTE_NS
        last = guarded.ask("/board.json", cookie=busy).status
        if last != 200:
            break
    assert (last, guarded.ask("/board.json", cookie=busy).status) == (401, 401)
    assert _ == 28  # it is seen at 12 h 5 min that they are over


def test_what_a_page_asks_by_itself_keeps_no_session_awake(guarded: Place) -> None:
    cookie = jar(logged_in(guarded, guarded.token("viewer", lasts_ns=99 * HOUR_NS)))
    for _ in range(3):
        guarded.now_ns += 11 * MINUTE_NS
        last = guarded.ask("/board.json", cookie=cookie, sec_fetch_mode="cors").status
    assert last == 401


def test_a_session_does_not_outlive_its_token(guarded: Place) -> None:
    short = jar(logged_in(guarded, guarded.token("viewer", lasts_ns=10 * MINUTE_NS)))
    revoked = guarded.token("viewer", lasts_ns=99 * HOUR_NS)
    cookie = jar(logged_in(guarded, revoked))
    guarded.now_ns += 11 * MINUTE_NS
    assert guarded.ask("/board.json", cookie=short).status == 401
    assert guarded.ask("/board.json", cookie=cookie).status == 200
    with guarded.written() as connection:
        tokens.revoke(connection, tokens.hashed(revoked)[:12], "root", "", guarded.now_ns)
    assert guarded.ask("/board.json", cookie=cookie).status == 401


def test_a_login_is_made_for_one_browser(guarded: Place) -> None:
    token = guarded.token("viewer")
    page, other = guarded.ask("/login"), guarded.ask("/login")
    (csrf,) = page.html.xpath("//input[@name='csrf']/@value")
    for cookie in ("", jar(other)):
        answer = guarded.send("/login", {"csrf": csrf, "next": "/board", "token": token}, cookie=cookie)
        assert answer.status == 403
        assert token not in answer.body.decode()
    assert guarded.entries(action="login.begun") == []


def test_whoever_is_wrong_too_often_waits_and_others_do_not(guarded: Place) -> None:
    token = guarded.token("viewer")
    for _ in range(2 * WRONG):
        last = guarded.ask("/board.json", authorization="Bearer strangler_wrong")
    assert last.status == 429
    assert 0 < int(last.headers["retry-after"]) <= 60
    assert guarded.ask("/board.json", authorization=f"Bearer {token}").status == 429
    assert logged_in(guarded, token).status == 429
    guarded.seconds += 60
    assert guarded.ask("/board.json", authorization=f"Bearer {token}").status == 200


@pytest.mark.parametrize(
    "said",
    ["//evil.example", "https://evil.example", "/\\evil.example", "", "board", "/\u0009/evil", "/a\r\nb"],
)
def test_nobody_is_sent_elsewhere_after_a_login(said: str) -> None:
    assert way_back(said) == "/board"


def test_the_ledger_keeps_no_secret(guarded: Place) -> None:
    token = guarded.token("viewer")
    cookie = jar(logged_in(guarded, token))
    guarded.ask("/board", cookie=cookie)
    secret = cookie.partition("=")[2].partition(";")[0]
    assert len(secret) == 64
    for file in guarded.folder.glob("strangler.db*"):
        kept = file.read_bytes()
        assert token.encode() not in kept
        assert token.removeprefix(tokens.PREFIX).encode() not in kept
        assert secret.encode() not in kept


def test_the_pages_answer_to_their_name_and_to_this_machine(guarded: Place) -> None:
    guarded.url = "https://strangler.example.com"
    hosts = {
        "strangler.example.com": 200, "STRANGLER.example.com": 200, "10.1.2.3:8602": 200, "localhost": 200,
        "evil.example": 421, "strangler.example.com.evil.example": 421,
    }  # fmt: skip
    assert {host: guarded.ask("/healthz", host=host).status for host in hosts} == hosts
    there = {"host": "strangler.example.com", "origin": "https://strangler.example.com"}
    assert guarded.ask("/theme", "POST", b"theme=dark", **there).status == 303
