"""`strangler notifications test`, and what `status` and `check` say of webhooks."""

from __future__ import annotations

import base64
import json

import pytest

from strangler.ledger.notifications import Told, keep
from strangler.testing.origin import Origin, answer
from strangler.webhook import Message, headers

from .conftest import CONFIG, Place, Strangler

KEY = b"0" * 32


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "whsec_" + base64.b64encode(KEY).decode())


def named(place: Place, *urls: str) -> None:
    hooks = "".join(f'  - {{url: "{url}", secret: "${{HOOK}}"}}\n' for url in urls)
    place.file.write_text(f"{CONFIG}notifications:\n{hooks}", encoding="utf-8")


def test_a_test_event_is_signed_and_says_who_took_it(place: Place, strangler: Strangler) -> None:
    with Origin({"/no": lambda _: iter((answer(status="403 Forbidden"),))}) as origin:
        named(place, f"{origin.url}/yes")
        ran = strangler("notifications", "test")
        assert (ran.code, "took it" in ran.out) == (0, True)
        named(place, f"{origin.url}/yes", f"{origin.url}/no")
        ran = strangler("notifications", "test")
        assert (ran.code, "answered 403" in ran.out) == (1, True)
        seen = origin.seen[0]
    assert json.loads(seen.body)["type"] == "notification.test"
    sent = Message(seen.values("webhook-id")[0].decode(), seen.body)
    wanted = headers(KEY, sent, place.now_ns)["webhook-signature"]
    assert seen.values("webhook-signature") == [wanted.encode()]


def test_none_in_the_file_and_a_secret_that_is_none(
    place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert strangler("notifications", "test").code == 2
    named(place, "http://127.0.0.1:1/hook")
    monkeypatch.setenv("HOOK", "hunter2")
    ran = strangler("notifications", "test")
    assert (ran.code, "whsec_" in ran.err, "hunter2" in ran.err) == (2, True, False)
    monkeypatch.delenv("HOOK")
    assert "HOOK" in strangler("notifications", "test").err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{url: "http://u:p@h/x", secret: "${A}"}', "without a password"),
        ('{url: "ftp://h/x", secret: "${A}"}', "a webhook's URL looks like"),
        ('{url: "http://h/x", secret: "whsec_plain"}', "does not stand in the file"),
        ('{url: "http://h/x", secret: "${A}", events: []}', "events"),
        ('{url: "http://h/x", secret: "${A}", events: [cutovr.*]}', "cutovr"),
        ('{url: "http://h/x", secret: "${A}", events: [cutover]}', "cutover.advance"),
        ('{url: "http://h/x", secret: "${A}"}, {url: "http://h/x", secret: "${B}"}', "named twice"),
    ],
)
def test_what_the_file_may_not_say(place: Place, strangler: Strangler, line: str, words: str) -> None:
    place.file.write_text(f"{CONFIG}notifications: [{line}]\n", encoding="utf-8")
    ran = strangler("status")
    assert (ran.code, words in ran.err, "whsec_plain" in ran.err) == (2, True, False)


def test_status_and_check_show_what_was_given_up(place: Place, strangler: Strangler) -> None:
    named(place, "http://127.0.0.1:1/hook")
    assert json.loads(strangler("status", "--json").out)["webhooks"] == []
    key = place.loaded.config.notifications[0].key
    assert "hook" not in key
    strangler("cutover", "start", "reads")
    ledger = place.ledger()
    with ledger.begin() as connection:
        keep(connection, Told(key, 0, 3, 2, "answered 500", place.now_ns))
    ledger.close()
    words = "127.0.0.1:1: 3 entries sent, 1 behind, 2 given up; answered 500 (just now)"
    assert words in strangler("status").out.replace("\n", " ")
    assert words in " ".join(strangler("check").out.split())
    (told,) = json.loads(strangler("status", "--json").out)["webhooks"]
    assert (told["host"], told["sent"], told["behind"], told["given_up"]) == ("127.0.0.1:1", 3, 1, 2)
