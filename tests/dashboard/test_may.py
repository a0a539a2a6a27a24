"""Every address, for everybody: made from the addresses there are, so that a new one is looked at, too."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from strangler.access import GRANTS, ROLES, Role
from strangler.config.dashboard import Login
from strangler.ledger import sessions, tokens
from strangler.ledger.sessions import Session
from strangler_dashboard.access import bound_to
from strangler_dashboard.addresses import Address
from strangler_dashboard.app import addresses

from .conftest import HOUR_NS, Place
from .made import differing, id_of

REFUSED = {401, 403}
OPEN = {"/", "/theme", "/static/{name}", "/healthz", "/readyz", "/login"}
"""What needs no login, all of it: an address that is added to it is named here on purpose."""


@dataclass(frozen=True, slots=True)
class Case:
    address: Address
    method: str
    target: str

    @property
    def changes(self) -> bool:
        return self.method != "GET"


@pytest.fixture
def guarded(place: Place) -> Place:
    place.login = Login()
    differing(place)
    place.room.live.close()  # an event stream would not end: it is refused as full
    return place


def cases(place: Place) -> Iterator[Case]:
    known, divergence = {"cutover": "reads", "name": "app.css", "migration": "01_x"}, _divergence(place)
    for address in addresses(place.room, place.logins):
        names = re.findall(r"{(\w+)(?::\w+)?}", address.path)
        target = address.path
        for name in names:
            target = re.sub(rf"{{{name}(?::\w+)?}}", known.get(name, divergence), target)
        for method in address.methods:
            yield Case(address, method, target)


def _divergence(place: Place) -> str:
    authorization = f"Bearer {place.token('viewer')}"
    found = place.ask("/divergences.json", authorization=authorization).json["divergences"]
    return str(found[0]["divergence"]["id"])


def ask(place: Place, case: Case, *, csrf: str = "", **headers: str) -> int:
    fields = {"content_type": "application/x-www-form-urlencoded"} if case.changes else {}
    body = f"csrf={csrf}".encode() if case.changes else b""
    accept = {"accept": "application/json"}
    place.seconds -= 1  # no time passes: what all pages share is read once
    return place.ask(case.target, case.method, body, **fields, **accept, **headers).status


def sessions_of(place: Place, role: Role, many: int) -> list[str]:
    now_ns = place.now_ns
    session = Session("", "ann", (role,), "a test", "", now_ns, now_ns, now_ns + HOUR_NS)
    found = [secrets.token_hex(32) for _ in range(many)]
    with place.written() as connection:
        for secret in found:
            sessions.begin(connection, secret, session, HOUR_NS)
    return found


def test_what_is_open_is_named(guarded: Place) -> None:
    assert {each.path for each in addresses(guarded.room, guarded.logins) if each.needs == "open"} == OPEN


def test_there_is_no_route_beside_the_addresses(guarded: Place) -> None:
    found = {case.target.partition("?")[0] for case in cases(guarded)}
    assert guarded.ask("/nowhere").status == 404
    assert guarded.ask("/login/nowhere").status == 404
    assert len(found) > 20


def test_without_a_valid_token_nothing_is_answered(guarded: Place) -> None:
    expired, revoked = guarded.token(*ROLES, lasts_ns=HOUR_NS), guarded.token(*ROLES, lasts_ns=9 * HOUR_NS)
    with guarded.written() as connection:
        tokens.revoke(connection, tokens.hashed(revoked)[:12], "root", "", guarded.now_ns)
    everything = [case for case in cases(guarded) if case.address.needs != "open"]
    guarded.now_ns += HOUR_NS
    credentials = {
        "none": {},
        "unknown": {"authorization": f"Bearer {tokens.PREFIX}{'x' * 43}"},
        "expired": {"authorization": f"Bearer {expired}"},
        "revoked": {"authorization": f"Bearer {revoked}"},
        "no session": {"cookie": f"strangler-session={'0' * 64}"},
    }
    for case in everything:
        for name, headers in credentials.items():
            guarded.seconds += 60  # whoever is wrong too often is another test's
            assert ask(guarded, case, **headers) == 401, (case.target, case.method, name)


def test_a_role_permits_what_the_table_says_and_no_more(guarded: Place) -> None:
    everything = list(cases(guarded))
    for role in ROLES:
        token = f"Bearer {guarded.token(role)}"
        for case in everything:
            may = case.address.needs in GRANTS[role] | {"open"}
            got = ask(guarded, case, authorization=token)
            refused = got in REFUSED and case.target != "/login"
            assert refused != may, (role, case.target, case.method, got)


def test_a_form_is_bound_to_its_session(guarded: Place) -> None:
    changing = [each for each in cases(guarded) if each.changes and each.address.bound]
    (other,) = sessions_of(guarded, "admin", 1)
    others = bound_to(other.encode())
    for role in ROLES:
        for case, secret in zip(changing, sessions_of(guarded, role, len(changing)), strict=True):
            assert case.address.needs != "open"
            may = case.address.needs in GRANTS[role]
            cookie = f"strangler-session={secret}"
            for csrf in ("", others, "x"):
                assert ask(guarded, case, csrf=csrf, cookie=cookie) == 403, (role, case.target, csrf)
            mine = bound_to(secret.encode())
            assert ask(guarded, case, csrf=mine, cookie=cookie, sec_fetch_site="cross-site") == 403
            assert ask(guarded, case, csrf=mine, cookie=cookie, origin="https://evil.example") == 403
            got = ask(guarded, case, csrf=mine, cookie=cookie)
            assert (got not in REFUSED) == may, (role, case.target)


def test_what_changes_something_and_is_bound_to_nobody_is_named(guarded: Place) -> None:
    free = {each.path for each in addresses(guarded.room, guarded.logins) if not each.bound}
    assert free == {"/theme", "/login"}


def test_on_this_machine_without_a_login_everything_is_permitted(place: Place) -> None:
    differing(place)
    place.room.live.close()
    for case in [
        Case(each, "GET", each.path)
        for each in addresses(place.room, None)
        if "GET" in each.methods and "{" not in each.path
    ]:
        assert ask(place, case) not in REFUSED
    assert place.ask(f"/divergences/{id_of(place)}.json").json["example"]
