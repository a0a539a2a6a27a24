"""The page of who is logged in: admins see everybody's sessions, and end them."""

from __future__ import annotations

import pytest

from strangler.config.dashboard import Login
from strangler.ledger import tokens

from .conftest import Answer, Place, words
from .test_logins import cookies, jar, logged_in


@pytest.fixture
def guarded(place: Place) -> Place:
    """Where people log in."""
    place.file.write_text(place.file.read_text() + "dashboard: {login: {}}\n")
    place.login = Login()
    return place


def id_of(answer: Answer) -> str:
    """Of the session that began."""
    return tokens.hashed(cookies(answer)["strangler-session"])[:12]


def csrf(place: Place, cookie: str) -> str:
    (found,) = place.ask("/sessions", cookie=cookie).html.xpath(
        "//form[@action='/sessions']//input[@name='csrf']/@value"
    )
    return str(found)


def test_an_admin_ends_somebody_elses_session_and_says_why(guarded: Place) -> None:
    admin = jar(logged_in(guarded, guarded.token("admin", name="root")))
    came = logged_in(guarded, guarded.token("operator", name="<b>mara</b>"))
    theirs = jar(came)
    page = guarded.ask("/sessions", cookie=admin)
    rows = [words(each) for each in page.html.cssselect("tbody tr")]
    assert sum("<b>mara</b>" in each and "operator" in each for each in rows) == 1
    assert ["yours" in each for each in rows if "root" in each] == [True]
    fields = {"csrf": csrf(guarded, admin), "session": id_of(came)}
    said = guarded.send("/sessions", fields, cookie=admin)
    assert (said.status, "a reason is missing" in words(said.html)) == (400, True)
    assert said.html.xpath("//input[@checked]/@value") == [id_of(came)]
    assert guarded.ask("/board.json", cookie=theirs).status == 200
    done = guarded.send("/sessions", {**fields, "reason": "left the company"}, cookie=admin)
    assert (done.status, done.headers["location"]) == (303, "/sessions")
    assert guarded.ask("/board.json", cookie=theirs).status == 401
    assert guarded.ask("/board.json", cookie=admin).status == 200
    (entry,) = guarded.entries(action="login.ended")
    assert (entry["actor"], entry["subject"], entry["reason"]) == ("root", "<b>mara</b>", "left the company")
    assert entry["via"].startswith("session of token ")
    again = guarded.send("/sessions", {**fields, "reason": "again"}, cookie=admin)
    assert (again.status, "no session begins" in words(again.html)) == (400, True)


def test_no_other_role_sees_or_ends_sessions(guarded: Place) -> None:
    admin = logged_in(guarded, guarded.token("admin", name="root"))
    theirs = jar(logged_in(guarded, guarded.token("operator", "approver", "exemplars", name="mara")))
    assert guarded.ask("/sessions", cookie=theirs).status == 403
    assert guarded.ask("/sessions.json", cookie=theirs).status == 403
    assert guarded.ask("/system", cookie=theirs).html.xpath("//a[@href='/sessions']") == []
    assert len(guarded.ask("/system", cookie=jar(admin)).html.xpath("//a[@href='/sessions']")) == 1
    page = guarded.ask("/board", cookie=theirs)
    (mine,) = page.html.xpath("//form[@action='/logout']//input[@name='csrf']/@value")
    fields = {"csrf": mine, "session": id_of(admin), "reason": "x"}
    assert guarded.send("/sessions", fields, cookie=theirs).status == 403
    assert guarded.ask("/board.json", cookie=jar(admin)).status == 200


def test_the_same_as_json_has_no_secret(guarded: Place) -> None:
    came = logged_in(guarded, guarded.token("admin", name="root"))
    answer = guarded.ask("/sessions.json", cookie=jar(came))
    (shown,) = answer.json["sessions"]
    assert (shown["name"], shown["roles"], answer.json["yours"]) == ("root", ["admin"], id_of(came))
    assert cookies(came)["strangler-session"].encode() not in answer.body
    assert tokens.hashed(cookies(came)["strangler-session"]).encode() not in answer.body


def test_where_nobody_logs_in_the_page_says_so(place: Place) -> None:
    assert "People do not log in here" in words(place.ask("/sessions").html)
