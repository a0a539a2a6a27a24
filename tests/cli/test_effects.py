"""`strangler effects`, and what `gate`, `status`, `cutover` and `check` say of effects."""

from __future__ import annotations

import pytest

from strangler.effects import Said, Word
from strangler.ledger.effects import fact_of, probes
from strangler.ledger.facts import put

from .conftest import CONFIG, Place, Strangler

EFFECTS = """\
    routes: [invoice, invoices]
    steps: [100]
    effects:
      month-end: {legacy: {url: "http://127.0.0.1:1/runs"}, candidate: {url: "http://127.0.0.1:2/runs"}}
      mails: {kind: mailer, moves: canary}
"""


@pytest.fixture
def declared(place: Place) -> Place:
    place.file.write_text(CONFIG.replace("    routes: [invoice, invoices]\n", EFFECTS), encoding="utf-8")
    return place


def said(place: Place, legacy: Word, candidate: Word) -> None:
    ledger = place.ledger()
    with ledger.begin() as connection:
        for (cutover, effect, side), probe in probes(place.loaded.config).items():
            word = legacy if side == "legacy" else candidate
            said = Said(word, "true" if word == "active" else "false", place.now_ns)
            put(connection, fact_of(cutover, effect, side, probe, said))
    ledger.close()


def evidence(place: Place) -> None:
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))


def acknowledged(strangler: Strangler, side: str) -> None:
    ran = strangler("effects", "acknowledge", "reads", "mails", "--side", side, "--reason", "cron is off")
    assert ran.code == 0, ran.err
    assert "it holds for the next step, until 2027-01-16" in ran.out


def test_the_way_of_an_effect(declared: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    evidence(declared)
    said(declared, "active", "quiet")
    gate = strangler("gate", "reads", "--format", "json")
    assert gate.code == 3
    assert [reason["code"] for reason in gate.json["reasons"]] == ["effect-unknown", "effect-unknown"]
    for side in ("legacy", "candidate"):
        acknowledged(strangler, side)
    assert strangler("cutover", "advance", "reads").code == 0
    # The next step takes the month-end run from legacy, and legacy's still runs.
    declared.reverse()
    said(declared, "active", "quiet")
    acknowledged(strangler, "legacy")
    refused = strangler("cutover", "advance", "reads")
    assert refused.code == 1
    assert "`month-end` is at work on legacy" in refused.out
    said(declared, "quiet", "quiet")
    assert strangler("cutover", "advance", "reads").code == 0
    said(declared, "active", "active")
    status = strangler("status").out
    assert "`month-end` is at work on legacy too; it is candidate's" in status
    back = strangler("cutover", "rollback", "reads")
    assert "hand back `month-end`: stop it on candidate, then start it on legacy" in back.out
    assert "hand back `mails`" in back.out
    assert "`mails` is to be handed back" in strangler("status").out
    said(declared, "active", "quiet")
    assert "`month-end` is to be handed back" not in strangler("status").out
    happened = strangler("cutover", "status", "reads").out
    assert "effect.acknowledged" in happened
    assert "mails, legacy" in happened


def test_the_list(declared: Place, strangler: Strangler) -> None:
    said(declared, "active", "quiet")
    acknowledged(strangler, "candidate")
    shown = strangler("effects", "list").out
    assert "month-end" in shown
    assert "active (true)" in shown
    assert "cron is off" in shown
    listed = strangler("effects", "list", "reads", "--json").json["effects"]
    assert [(each["effect"], each["owner"], each["next_owner"]) for each in listed] == [
        ("month-end", "legacy", "legacy"),
        ("mails", "legacy", "legacy"),
    ]
    assert listed[0]["sides"]["legacy"]["word"] == "active"
    assert listed[1]["sides"]["candidate"]["acknowledged"]["reason"] == "cron is off"
    assert strangler("status", "--json").json["cutovers"][0]["effects"] == listed
    assert strangler("effects", "list", "no").code == 2
    assert strangler("effects", "acknowledge", "reads", "no", "--side", "legacy", "--reason", "r").code == 2


def test_none_declared(place: Place, strangler: Strangler) -> None:
    assert "no cutover declares effects" in strangler("effects", "list").out


def test_check_asks_the_probes_and_misses_what_is_not_said(declared: Place, strangler: Strangler) -> None:
    assert "effect reads/month-end" in strangler("check").out
    writing = CONFIG.replace("[invoice, invoices]", "[pay]").replace(
        "  reads:\n", "  reads:\n    state: shared\n"
    )
    declared.file.write_text(writing, encoding="utf-8")
    assert "a month-end run is no request" in strangler("check").out
    declared.file.write_text(
        writing.replace("    state: shared\n", "    state: shared\n    effects: none\n"), encoding="utf-8"
    )
    assert "a month-end run is no request" not in strangler("check").out
