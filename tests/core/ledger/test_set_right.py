"""What a clock that was ahead has dated is put right by what comes after."""

from __future__ import annotations

from strangler.ledger.epochs import current
from strangler.ledger.evidence import read_evidence
from strangler.ledger.facts import Fact, facts, put
from strangler.ledger.flush import flush
from strangler.ledger.planes import worker_heartbeat
from strangler.ledger.store import Ledger
from strangler.testing.judged import START, Judged

SECOND = 1_000_000_000
YEAR = 365 * 86_400 * SECOND


def test_what_is_said_after_a_clock_was_set_right_is_heard(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        for said, at_ns in (("quiet", START + YEAR), ("active", START), ("quiet", START - SECOND)):
            put(connection, Fact("effect", "reads/mails/legacy", said, "", at_ns))
    with ledger.read() as connection:
        assert [(fact.phase, fact.at_ns) for fact in facts(connection)] == [("active", START)]


def test_evidence_of_a_time_to_come_gives_way_to_what_answers_now(ledger: Ledger) -> None:
    first, second = Judged(version="1"), Judged(version="2")
    first.at_ns = START + YEAR
    with ledger.begin() as connection:
        flush(connection, first.equals(2), now_ns=first.at_ns, worker="gone")
    with ledger.begin() as connection:
        flush(connection, second.equals(3), now_ns=START, worker="here")
    with ledger.read() as connection:
        now = current(connection, second.loaded.config, "reads")
        evidence = read_evidence(connection, second.loaded, "reads", START)
        assert worker_heartbeat(connection, START) == START
    assert now is not None
    assert (now.version, evidence.n, evidence.versions) == ("2", 3, ("2",))
    first.at_ns = START + 2 * SECOND
    with ledger.begin() as connection:
        flush(connection, first.equals(1), now_ns=START, worker="here")
    with ledger.read() as connection:
        again = read_evidence(connection, first.loaded, "reads", START)
    (cell,) = again.cells
    assert (again.version, cell.n, cell.last_ns, again.created_ns) == ("1", 3, first.at_ns, START)
    assert cell.first_ns <= START + 2 * SECOND


def test_a_worker_whose_clock_was_set_back_lives_by_its_new_one(ledger: Ledger) -> None:
    for at_ns in (START + YEAR, START):
        with ledger.begin() as connection:
            flush(connection, [], now_ns=at_ns, worker="w")
    with ledger.read() as connection:
        assert worker_heartbeat(connection, START) == START
