"""Effects in the ledger: a probe's word holds for the probe that gave it, a person's for one step."""

from __future__ import annotations

import pytest

from strangler.config.load import Loaded
from strangler.cutover import CutoverState
from strangler.effects import Said, Standing, Word
from strangler.errors import UsageError
from strangler.ledger import audit
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.effects import acknowledge, fact_of, handed_back, hear, probes, standings
from strangler.ledger.evidence import read_evidence
from strangler.ledger.facts import put
from strangler.ledger.store import Ledger
from strangler.routing.table import Phase
from strangler.testing.judged import CONFIG, START, configuration

SECOND = 1_000_000_000
EFFECTS = """\
    routes: [invoice, invoices]
    effects:
      month-end: {legacy: {url: "http://l.test/"}, candidate: {url: "http://c.test/"}}
      mails: {kind: mailer, moves: canary}
      archive: {owner: legacy}
"""
LOADED = configuration(CONFIG.replace("    routes: [invoice, invoices]\n", EFFECTS))


def at(ledger: Ledger, phase: Phase, step: int = -1, weight: int = 0, event: str = "advance") -> None:
    with ledger.begin() as connection:
        before = state_of(connection, "reads")
        after = CutoverState("reads", phase, step, weight, since_ns=START, actor="ann")
        transition(
            connection,
            LOADED.config,
            after,
            expected_generation=before.generation,
            event=event,
            now_ns=START,
        )


def stand(ledger: Ledger, loaded: Loaded = LOADED) -> dict[str, Standing]:
    with ledger.read() as connection:
        return {each.name: each for each in standings(connection, loaded.config, "reads")}


def test_owners_now_and_after_the_next_step(ledger: Ledger) -> None:
    seen = []
    places: tuple[tuple[Phase, int, int], ...] = (
        ("legacy", -1, 0),
        ("shadow", -1, 0),
        ("canary", 0, 100),
        ("canary", 4, 10_000),
    )
    for place in places:
        if place[0] != "legacy":
            at(ledger, *place)
        seen.append([(each.owner, each.following) for each in stand(ledger).values()])
    stays = ("legacy", "legacy")
    assert seen == [
        [stays, stays, stays],
        [stays, ("legacy", "candidate"), stays],
        [stays, ("candidate", "candidate"), stays],
        [("legacy", "candidate"), ("candidate", "candidate"), stays],
    ]


def test_what_a_probe_said_holds_for_the_probe_as_the_file_has_it(ledger: Ledger) -> None:
    named = probes(LOADED.config)
    assert set(named) == {("reads", "month-end", "legacy"), ("reads", "month-end", "candidate")}
    with ledger.begin() as connection:
        for (cutover, effect, side), probe in named.items():
            put(connection, fact_of(cutover, effect, side, probe, Said("quiet", "false", START)))
    assert stand(ledger)["month-end"].legacy.said == Said("quiet", "false", START)
    changed = configuration(
        CONFIG.replace("    routes: [invoice, invoices]\n", EFFECTS.replace("l.test/", "l.test/x"))
    )
    assert stand(ledger, changed)["month-end"].legacy.said is None
    assert stand(ledger, changed)["month-end"].candidate.said is not None


def test_an_acknowledgement_ends_with_the_step_it_was_given_for(ledger: Ledger) -> None:
    at(ledger, "shadow", event="start")
    with ledger.begin() as connection:
        acknowledge(
            connection,
            LOADED.config,
            "reads",
            "mails",
            "legacy",
            actor="ann",
            reason="cron is off",
            now_ns=START,
        )
        (entry, *_) = audit.entries(connection, subject="reads")
    assert (entry.body["action"], entry.body["reason"]) == ("effect.acknowledged", "cron is off")
    given = stand(ledger)["mails"]
    assert given.legacy.acknowledged is not None
    assert given.candidate.acknowledged is None
    with ledger.read() as connection:
        assert read_evidence(connection, LOADED, "reads", START).effects[1] == given
    at(ledger, "canary", 0, 100)
    assert stand(ledger)["mails"].legacy.acknowledged is None
    at(ledger, "shadow", event="rollback")
    assert stand(ledger)["mails"].legacy.acknowledged is None


def test_a_probe_that_shows_it_at_work_ends_a_person_s_word(ledger: Ledger) -> None:
    probe = probes(LOADED.config)["reads", "month-end", "legacy"]

    def heard(word: Word, at_ns: int) -> Word:
        with ledger.begin() as connection:
            hear(connection, fact_of("reads", "month-end", "legacy", probe, Said(word, "", at_ns)))
        return stand(ledger)["month-end"].legacy.word(at_ns, 3_600 * SECOND)

    with ledger.begin() as connection:
        acknowledge(
            connection, LOADED.config, "reads", "month-end", "legacy", actor="a", reason="r", now_ns=START
        )
    assert heard("unknown", START + SECOND) == "quiet"
    assert heard("active", START + 2 * SECOND) == "active"
    assert heard("unknown", START + 3 * SECOND) == "unknown"


def test_a_rollback_hands_back_what_had_moved(ledger: Ledger) -> None:
    at(ledger, "shadow", event="start")
    assert not any(each.back for each in stand(ledger).values())
    at(ledger, "canary", 0, 100)
    at(ledger, "shadow", event="rollback")
    with ledger.begin() as connection:
        acknowledge(
            connection, LOADED.config, "reads", "mails", "candidate", actor="a", reason="r", now_ns=START
        )
    assert {name: each.back for name, each in stand(ledger).items()} == {
        "month-end": False,
        "mails": True,
        "archive": False,
    }
    assert handed_back(LOADED.config, "reads", "candidate", "shadow") == ("month-end", "mails")
    assert handed_back(LOADED.config, "reads", "canary", "shadow") == ("mails",)
    at(ledger, "canary", 0, 100)
    assert not any(each.back for each in stand(ledger).values())


@pytest.mark.parametrize(("effect", "reason", "what"), [("no", "r", "no effect"), ("mails", " ", "reason")])
def test_what_cannot_be_acknowledged(ledger: Ledger, effect: str, reason: str, what: str) -> None:
    with pytest.raises(UsageError, match=what), ledger.begin() as connection:
        acknowledge(
            connection, LOADED.config, "reads", effect, "legacy", actor="a", reason=reason, now_ns=START
        )
