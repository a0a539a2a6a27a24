"""Tokens and sessions, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from strangler.errors import UsageError
from strangler.ledger import audit, sessions, tokens
from strangler.ledger.sessions import Session
from strangler.ledger.store import Ledger
from strangler.ledger.tables import access_sessions, access_tokens

NOW = 1_800_000_000_000_000_000
HOUR = 3_600_000_000_000
SECRET = tokens.secret_of(bytes(range(32)))


def session(began_ns: int = NOW, token: str = "", ends_ns: int = NOW + 9 * HOUR) -> Session:
    return Session("", "ann", ("viewer",), "a test", token, began_ns, began_ns, ends_ns)


def test_a_token_is_known_by_its_secret_and_kept_as_its_hash(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        made = tokens.create(connection, SECRET, " Ann  B ", ["operator", "viewer"], NOW + HOUR, "root", NOW)
        assert (made.name, made.roles) == ("Ann B", ("viewer", "operator"))
        assert tokens.find(connection, SECRET) == made
        for other in ("", SECRET[:-1], SECRET + "x", SECRET.lower(), tokens.hashed(SECRET), made.id):
            assert tokens.find(connection, other) is None
        row = connection.execute(select(access_tokens)).mappings().one()
        assert SECRET not in str(row)
        assert (made.state(NOW + HOUR - 1), made.state(NOW + HOUR)) == ("valid", "expired")
        head = audit.head(connection)
        assert head is not None
        assert SECRET not in str(head.body)
        assert head.body["after"] == {
            "name": "Ann B",
            "roles": ["viewer", "operator"],
            "expires_ns": NOW + HOUR,
        }


@pytest.mark.parametrize(
    ("name", "roles", "lasts"),
    [("", ["viewer"], HOUR), ("\u200b", ["viewer"], HOUR), ("a", [], HOUR), ("a", ["viewer"], 0),
     ("a", ["viewer"], 367 * 24 * HOUR)],
)  # fmt: skip
def test_a_token_for_nobody_nothing_or_ever_is_refused(
    ledger: Ledger, name: str, roles: list[str], lasts: int
) -> None:
    with ledger.begin() as connection:
        with pytest.raises(UsageError):
            tokens.create(connection, SECRET, name, roles, NOW + lasts, "root", NOW)  # type: ignore[arg-type]
        assert tokens.listed(connection) == []
        assert audit.head(connection) is None


def test_a_revoked_token_takes_its_sessions_along_and_is_revoked_once(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        made = tokens.create(connection, SECRET, "ann", ["viewer"], NOW + HOUR, "root", NOW)
        sessions.begin(connection, "one", session(token=made.id), HOUR)
        sessions.begin(connection, "two", session(), HOUR)
        with pytest.raises(UsageError, match="no token begins"):
            tokens.revoke(connection, "ffff", "root", "", NOW)
        with pytest.raises(UsageError):
            tokens.revoke(connection, made.id[:3], "root", "", NOW)
        revoked, new = tokens.revoke(connection, made.id[:4], "root", "lost", NOW + 1)
        assert (revoked.id, new) == (made.id, True)
        assert tokens.revoke(connection, made.id, "root", "", NOW + 2)[1] is False
        found = tokens.find(connection, SECRET)
        assert found is not None
        assert (found.state(NOW), found.revoked_ns) == ("revoked", NOW + 1)
        assert sessions.find(connection, "one", NOW, HOUR) is None
        assert sessions.find(connection, "two", NOW, HOUR) is not None


def test_a_session_is_over_when_its_token_is_even_if_it_was_made_before(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        made = tokens.create(connection, SECRET, "ann", ["viewer"], NOW + HOUR, "root", NOW)
        sessions.begin(connection, "one", session(token=made.id), 9 * HOUR)
        assert sessions.find(connection, "one", NOW + HOUR - 1, 9 * HOUR) is not None
        assert sessions.find(connection, "one", NOW + HOUR, 9 * HOUR) is None


def test_sessions_that_are_over_go_with_the_next_one(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        sessions.begin(connection, "idle", session(), HOUR)
        sessions.begin(connection, "busy", session(), HOUR)
        busy = sessions.find(connection, "busy", NOW, HOUR)
        assert busy is not None
        sessions.seen(connection, busy, NOW + HOUR)
        assert sessions.find(connection, "idle", NOW + HOUR, HOUR) is None
        assert sessions.find(connection, "busy", NOW + HOUR, HOUR) is not None
        sessions.begin(connection, "next", session(NOW + HOUR, ends_ns=NOW + 2 * HOUR), HOUR)
        kept = set(connection.execute(select(access_sessions.c.hash)).scalars())
        assert kept == {tokens.hashed("busy"), tokens.hashed("next")}
        assert len(sessions.listed(connection, NOW + HOUR, HOUR)) == 2


def test_by_a_clock_that_went_back_a_session_is_no_longer_than_it_was(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        sessions.begin(connection, "one", session(), HOUR)
        assert sessions.find(connection, "one", NOW - HOUR, HOUR) is None


def test_ending_a_session_says_whether_there_was_one(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        sessions.begin(connection, "one", session(), HOUR)
        assert sessions.end(connection, tokens.hashed("one"), "root", NOW)
        assert not sessions.end(connection, tokens.hashed("one"), "root", NOW)
        assert [each.body["action"] for each in audit.entries(connection)] == ["login.ended", "login.begun"]
