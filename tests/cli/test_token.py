"""`strangler token`: made once, shown once, listed without, revoked at once."""

from __future__ import annotations

from strangler.ledger import audit, tokens

from .conftest import Place, Strangler


def test_a_token_is_printed_once_and_nowhere_else(place: Place, strangler: Strangler) -> None:
    made = strangler("token", "create", "ci", "--role", "viewer", "--role", "operator", "--expires", "7d")
    assert made.code == 0
    secret = made.out.strip()
    assert secret.startswith(tokens.PREFIX)
    assert "for ci: viewer, operator" in made.err
    assert "nobody logs in yet" in made.err
    assert secret not in made.err
    listed = strangler("token", "list")
    assert "ci" in listed.out
    assert "valid" in listed.out
    assert secret not in listed.out
    (shown,) = strangler("token", "list", "--json").json["tokens"]
    assert (shown["name"], shown["roles"], shown["state"]) == ("ci", ["viewer", "operator"], "valid")
    with place.ledger().read() as connection:
        assert tokens.find(connection, secret) is not None
        assert [each.body["action"] for each in audit.entries(connection)] == ["token.created"]


def test_a_token_is_revoked_by_the_beginning_of_its_id(place: Place, strangler: Strangler) -> None:
    made = strangler("token", "create", "ann", "--role", "viewer", "--json").json
    assert made["token"].startswith(tokens.PREFIX)
    ran = strangler("token", "revoke", made["id"][:4], "--reason", "lost")
    assert (ran.code, "is revoked" in ran.out) == (0, True)
    assert "nothing changed" in strangler("token", "revoke", made["id"]).out
    assert strangler("token", "list", "--json").json["tokens"][0]["state"] == "revoked"
    for wrong in ("ffffffffffff", "", made["id"][:2]):
        ran = strangler("token", "revoke", wrong)
        assert (ran.code, "strangler token list" in ran.err) == (2, True)


def test_what_cannot_be_a_token_is_refused(place: Place, strangler: Strangler) -> None:
    for wrong in (
        ("a", "--role", "root"),
        ("a",),
        (" ", "--role", "viewer"),
        ("a", "--role", "viewer", "--expires", "999d"),
        ("a", "--role", "viewer", "--expires", "0s"),
    ):
        assert strangler("token", "create", *wrong).code == 2
    assert "no token was made" in strangler("token", "list").out
