"""`strangler session`: who is logged in, and logging them out."""

from __future__ import annotations

from strangler.ledger import audit, sessions, tokens
from strangler.ledger.sessions import Session

from .conftest import Place, Strangler

HOUR_NS = 3_600_000_000_000


def logged_in(place: Place, *names: str) -> list[str]:
    """Sessions of theirs, a minute apart, the latest last; their ids."""
    now_ns = place.now_ns
    ledger = place.ledger()
    ids = []
    with ledger.begin() as connection:
        for number, name in enumerate(names):
            secret, at_ns = f"secret-{number}", now_ns - (len(names) - number) * 60_000_000_000
            found = Session("", name, ("viewer",), "a provider", "", at_ns, at_ns, now_ns + HOUR_NS)
            sessions.begin(connection, secret, found, HOUR_NS)
            ids.append(tokens.hashed(secret)[:12])
    ledger.close()
    return ids


def ended(place: Place) -> list[tuple[str, str, str]]:
    """By whom, whose, why; the first first."""
    ledger = place.ledger()
    with ledger.read() as connection:
        bodies = [each.body for each in reversed(audit.entries(connection))]
        assert audit.verify(connection) is None
    ledger.close()
    return [
        (each["actor"], each["subject"], each["reason"]) for each in bodies if each["action"] == "login.ended"
    ]


def test_sessions_are_listed_the_latest_first_without_their_secrets(
    place: Place, strangler: Strangler
) -> None:
    strangler("token", "create", "ci", "--role", "viewer")
    assert "nobody is logged in" in strangler("session", "list").out
    ann, ben = logged_in(place, "ann", "ben")
    shown = strangler("session", "list", "--json").json["sessions"]
    assert [(each["id"], each["name"]) for each in shown] == [(ben, "ben"), (ann, "ann")]
    assert set(shown[0]) == {"id", "name", "roles", "via", "began_at", "seen_at", "ends_at"}
    out = strangler("session", "list").out
    assert ann in out
    assert "a provider" in out
    assert "secret-" not in out


def test_one_session_ends_by_the_beginning_of_its_id(place: Place, strangler: Strangler) -> None:
    ann, ben = logged_in(place, "ann", "ben")
    ran = strangler("session", "end", ann[:6], "--actor", "root", "--reason", "left")
    assert (ran.code, ran.out.strip()) == (0, f"session {ann} of ann is over")
    assert [each["id"] for each in strangler("session", "list", "--json").json["sessions"]] == [ben]
    assert ended(place) == [("root", "ann", "left")]


def test_all_sessions_of_a_person_end_and_nobody_elses(place: Place, strangler: Strangler) -> None:
    _, ben, _ = logged_in(place, "ann", "ben", "ann")
    ran = strangler("session", "end", "--of", "ann", "--actor", "root")
    assert (ran.code, ran.out.count("of ann is over")) == (0, 2)
    assert "not logged in; nothing changed" in strangler("session", "end", "--of", "ann").out
    assert [each["id"] for each in strangler("session", "list", "--json").json["sessions"]] == [ben]
    assert ended(place) == [("root", "ann", "")] * 2


def test_what_names_no_session_ends_none(place: Place, strangler: Strangler) -> None:
    (ann,) = logged_in(place, "ann")
    for wrong in (("ffffffffffff",), ("",), (ann[:2],), (), (ann, "--of", "ann")):
        ran = strangler("session", "end", *wrong)
        assert (ran.code, ran.out) == (2, ""), wrong
    assert "session list" in strangler("session", "end", "ffffffffffff").err
    assert len(strangler("session", "list", "--json").json["sessions"]) == 1
