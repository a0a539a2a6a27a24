"""A cycle that was replayed whole, as it stands in the ledger."""

from __future__ import annotations

from strangler.evidence import Census
from strangler.ledger import audit, census
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.store import Ledger
from strangler.testing.judged import MINUTE, START, Judged

KWD = (("currency", "KWD"),)
EUR = (("currency", "EUR"),)


def kept(ledger: Ledger, judged: Judged, replay: census.Replay) -> dict[str, Census]:
    with ledger.begin() as connection:
        census.write(connection, replay, {}, now_ns=judged.at_ns, actor="anna")
    with ledger.read() as connection:
        found = read_evidence(connection, judged.loaded, judged.cutover, judged.at_ns).census
    return {each.stratum: each for each in found}


def test_it_stands_beside_what_the_ledger_saw_in_that_cycle(ledger: Ledger) -> None:
    before, judged = Judged(version="0"), Judged()
    with ledger.begin() as connection:
        seen = [before.equal(labels=KWD, mark=b"polled 1") for _ in range(3)]
        flush(connection, [*seen, before.failed("moved", None, labels=KWD)], now_ns=START, worker="w")
        judged.at_ns += 1_000_000_000
        flush(connection, [judged.equal(labels=KWD), judged.equal(labels=EUR)], now_ns=START, worker="w")
    epoch = judged.equal().epoch
    replay = census.Replay(
        "2023-11",
        START // MINUTE * MINUTE,
        START // MINUTE * MINUTE + MINUTE,
        {(epoch, "invoice", KWD): (36, 0), (epoch, "invoice", EUR): (5, 1)},
        {("invoice", KWD): 37, ("invoice", EUR): 5},
        {"invoice": 2},
    )
    found = kept(ledger, judged, replay)
    kwd = found["currency=KWD"]
    assert (kwd.cycle, kwd.n, kwd.k, kwd.total, kwd.missed, kwd.watched) == ("2023-11", 36, 0, 37, 2, 5)
    assert (found["currency=EUR"].k, found["currency=EUR"].watched) == (1, 1)
    with ledger.read() as connection:
        (entry,) = audit.entries(connection)
    said = entry.body
    assert (said["actor"], said["action"], said["subject"]) == ("anna", "census", "reads")
    again = census.Replay(
        "2023-11",
        replay.first_ns,
        replay.end_ns,
        {(epoch, "invoice", KWD): (37, 0)},
        {("invoice", KWD): 37},
        {},
    )
    assert (
        kept(ledger, judged, again)["currency=KWD"].n,
        kept(ledger, judged, again)["currency=KWD"].missed,
    ) == (37, 0)
    judged.version = "2"
    with ledger.begin() as connection:
        flush(connection, [judged.equal(labels=KWD)], now_ns=START, worker="w")
    with ledger.read() as connection:
        assert read_evidence(connection, judged.loaded, "reads", START).census == ()


def test_labels_that_are_others_now_hide_nothing_that_the_ledger_saw(ledger: Ledger) -> None:
    judged = Judged()
    with ledger.begin() as connection:
        flush(
            connection,
            [judged.equal(labels=(("region", "Gulf"),)) for _ in range(9)],
            now_ns=START,
            worker="w",
        )
        flush(connection, [judged.equal(labels=KWD)], now_ns=START, worker="w")
    first = START // MINUTE * MINUTE
    for recorded, missed in ((1, 9), (7, 3), (10, 0)):
        asked: census.Replay = census.Replay(
            "c",
            first,
            first + MINUTE,
            {(judged.equal().epoch, "invoice", KWD): (recorded, 0)},
            {("invoice", KWD): recorded},
            {},
        )
        assert kept(ledger, judged, asked)["currency=KWD"].missed == missed
