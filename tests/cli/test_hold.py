"""`strangler cutover hold`, and a soak: what keeps a cutover where it is, and says until when."""

from __future__ import annotations

import pytest

from strangler.ledger import audit
from strangler.views.words import iso
from strangler_shadow.control.watch import Watch

from .conftest import CONFIG, Place, Strangler

HOUR = 3_600_000_000_000


@pytest.fixture
def shadowed(place: Place, strangler: Strangler) -> Place:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    return place


def test_it_is_shown_loudly_ends_by_itself_and_is_in_the_audit(shadowed: Place, strangler: Strangler) -> None:
    ran = strangler(
        "cutover", "hold", "reads", "--for", "2h", "--reason", "looking into p99", "--actor", "ann"
    )
    until = iso(shadowed.now_ns + 2 * HOUR)
    assert ran.code == 0
    assert f"shadow, held until {until}" in ran.out
    for shown in (strangler("status").out, strangler("cutover", "status", "reads").out):
        assert f"HELD until {until}" in shown
        assert "looking into p99" in shown
    assert strangler("status", "--json").json["cutovers"][0]["held_until"] == until
    ran = strangler("cutover", "advance", "reads", "--json")
    assert (ran.code, ran.json["gate"]["reasons"][0]["code"]) == (4, "held")
    assert strangler("gate", "reads").code == 4
    shadowed.now_ns += 2 * HOUR
    shadowed.write()
    assert "HELD" not in strangler("status").out
    assert strangler("cutover", "advance", "reads").code == 0
    ledger = shadowed.ledger()
    with ledger.read() as connection:
        found = audit.entries(connection, subject="reads")
    ledger.close()
    assert [entry.body["action"] for entry in found] == ["cutover.advance", "cutover.hold", "cutover.start"]
    assert (found[1].body["actor"], found[1].body["reason"]) == ("ann", "looking into p99")


def test_resume_ends_it(shadowed: Place, strangler: Strangler) -> None:
    strangler("cutover", "hold", "reads", "--for", "1h", "--reason", "x")
    again = strangler("cutover", "hold", "reads", "--for", "1h", "--reason", "x")
    assert "already; nothing changed" in again.out
    assert strangler("cutover", "resume", "reads").code == 0
    assert strangler("cutover", "advance", "reads").code == 0


@pytest.mark.parametrize("given", [["--for", "4d"], ["--for", "soon"], ["--for", "0s"], []])
def test_a_hold_has_an_end(shadowed: Place, strangler: Strangler, given: list[str]) -> None:
    assert strangler("cutover", "hold", "reads", *given, "--reason", "x").code in {1, 2}
    assert strangler("cutover", "hold", "reads", "--for", "1h").code == 2, "and a reason"
    assert strangler("status", "--json").json["cutovers"][0]["held_until"] is None


def test_a_hold_says_why(shadowed: Place, strangler: Strangler) -> None:
    ran = strangler("cutover", "hold", "reads", "--for", "1h", "--reason", " ")
    assert (ran.code, "a reason is missing" in ran.err) == (2, True)


def test_there_is_nothing_to_hold_before_it_starts(place: Place, strangler: Strangler) -> None:
    place.write()
    ran = strangler("cutover", "hold", "reads", "--for", "1h", "--reason", "x")
    assert (ran.code, "nothing to pause, hold or resume" in ran.err) == (1, True)


def test_a_soak_keeps_a_manual_advance_back_until_it_was_watched(place: Place, strangler: Strangler) -> None:
    text = CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice, invoices]\n    soak: {shadow: 5m}"
    )
    place.file.write_text(text, encoding="utf-8")
    strangler("cutover", "start", "reads")
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    ran = strangler("cutover", "advance", "reads")
    assert ran.code == 4
    assert "it was watched for 0 ms in this step" in ran.out
    assert "wait until 2027-01-15 08:05 UTC" in ran.out
    assert "stays " not in strangler("cutover", "plan", "reads").out
    watch = Watch(place.loaded, lambda _create: place.ledger(), lambda: place.now_ns)
    for _ in range(10):
        place.now_ns += 30_000_000_000
        watch.table()
    watch.close()
    place.write()
    assert strangler("cutover", "advance", "reads").code == 0


def test_the_plan_says_how_long_a_step_stays(place: Place, strangler: Strangler) -> None:
    text = CONFIG.replace(
        "routes: [invoice, invoices]", "routes: [invoice]\n    soak: {shadow: 1d, canary: 1h}"
    )
    place.file.write_text(text, encoding="utf-8")
    place.write()
    out = strangler("cutover", "plan", "reads").out
    assert out.count("stays      ") == 6
    assert "stays      24 h at least" in out
