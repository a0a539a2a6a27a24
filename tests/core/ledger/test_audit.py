"""Every way to tamper with the chain is named with the first bad link."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from strangler.errors import LedgerMismatch, LedgerUnavailable
from strangler.ledger import audit
from strangler.ledger.store import Ledger
from strangler.testing.unguarded import unguarded


@pytest.fixture
def chain(ledger: Ledger) -> Ledger:
    with ledger.begin() as connection:
        for number in range(1, 6):
            audit.append(
                connection,
                at_ns=number,
                actor="ann",
                action="cutover.start",
                subject=f"c{number % 2}",
                reason="because: ünïcode",
                before={"weight": number, "z": 1, "a": None},
                after={"weight": number + 1},
            )
    return ledger


def test_a_whole_chain_verifies(chain: Ledger) -> None:
    with chain.read() as connection:
        assert audit.verify(connection) is None
        first = audit.entries(connection)[-1]
        assert (first.seq, first.prev) == (1, audit.GENESIS)
        assert [entry.seq for entry in audit.entries(connection, subject="c1", limit=2)] == [5, 3]
        last = audit.head(connection)
        assert last is not None
        assert last.seq == 5
        assert last.body["reason"] == "because: ünïcode"


def test_an_empty_chain_verifies(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert audit.verify(connection) is None
        assert audit.head(connection) is None


@pytest.mark.parametrize(
    ("tampering", "seq", "words"),
    [
        (
            "UPDATE audit SET body = replace(body, '\"weight\":3', '\"weight\":4') WHERE seq = 3",
            3,
            "not what was written",
        ),
        ("UPDATE audit SET body = replace(body, 'ann', 'bob') WHERE seq = 1", 1, "not what was written"),
        ("DELETE FROM audit WHERE seq = 2", 3, "entry 2 is missing"),
        ("DELETE FROM audit WHERE seq = 1", 2, "entry 1 is missing"),
        ("UPDATE audit SET hash = prev || 'x' WHERE seq = 4", 4, "not what was written"),
        ("UPDATE audit SET subject = 'other' WHERE seq = 2", 2, "columns"),
        (
            "UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)",
            -3,
            "entry 1 is missing",
        ),
        ("UPDATE audit SET prev = 'x' WHERE seq = 5", 5, "does not follow"),
    ],
)
def test_tampering_is_named_with_its_first_bad_link(
    chain: Ledger, tampering: str, seq: int, words: str
) -> None:
    with chain.begin() as connection, unguarded(connection):
        connection.exec_driver_sql(tampering)
    with chain.read() as connection:
        broken = audit.verify(connection)
    assert broken is not None
    assert broken.seq == seq
    assert words in broken.what


def test_entries_put_in_another_order_are_named(chain: Ledger) -> None:
    with chain.begin() as connection, unguarded(connection):
        for old, new in ((2, -1), (3, 2), (-1, 3)):
            connection.execute(text(f"UPDATE audit SET seq = {new} WHERE seq = {old}"))
    with chain.read() as connection:
        broken = audit.verify(connection)
    assert broken is not None
    assert broken == audit.Broken(2, "it does not follow the entry before it")


def test_a_fork_is_refused_by_the_database(chain: Ledger) -> None:
    with pytest.raises(LedgerUnavailable, match=r"(?i)unique"), chain.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (seq, prev, hash, body, subject)"
                " SELECT 99, prev, 'other', body, subject FROM audit WHERE seq = 3"
            )
        )


CHANGES = [
    "UPDATE audit SET body = body",
    "UPDATE audit SET subject = 'x' WHERE seq = 5",
    "DELETE FROM audit WHERE seq = 5",
    "DELETE FROM audit",
]
OTHERS = {
    "sqlite": [
        "INSERT OR REPLACE INTO audit SELECT seq, prev, hash, 'x', subject FROM audit WHERE seq = 5",
        "INSERT OR REPLACE INTO audit SELECT 9, prev, 'x', 'x', subject FROM audit WHERE seq = 5",
    ],
    "postgresql": ["TRUNCATE audit", "SET session_replication_role = replica; DELETE FROM audit"],
}


def test_the_database_refuses_to_change_it(chain: Ledger) -> None:
    for statement in [*CHANGES, *OTHERS[chain.engine.dialect.name]]:
        refused = pytest.raises((LedgerUnavailable, LedgerMismatch), match="append-only")
        with refused, chain.begin() as connection:
            connection.exec_driver_sql(statement)
        with chain.read() as connection:
            assert audit.verify(connection) is None
            assert len(audit.entries(connection)) == 5, statement


def test_an_end_that_was_cut_off_shows_against_a_head_kept_elsewhere(chain: Ledger) -> None:
    with chain.begin() as connection, unguarded(connection):
        last = audit.head(connection)
        assert last is not None
        kept = audit.Head(last.seq, last.hash)
        assert audit.verify(connection, kept) is None
        connection.exec_driver_sql("DELETE FROM audit WHERE seq > 3")
        assert audit.verify(connection) is None, "a chain alone does not show it"
        broken = audit.verify(connection, kept)
    assert broken == audit.Broken(4, "the chain ends at 3, and once went to 5: its end was cut off")


def test_a_chain_written_anew_shows_against_a_head_kept_elsewhere(chain: Ledger) -> None:
    with chain.begin() as connection, unguarded(connection):
        last = audit.head(connection)
        assert last is not None
        connection.exec_driver_sql("DELETE FROM audit")
        for number in range(6):
            audit.append(connection, at_ns=number, actor="eve", action="a", subject="s")
        assert audit.verify(connection) is None
        broken = audit.verify(connection, audit.Head(last.seq, last.hash))
    assert broken == audit.Broken(5, "it is not the entry whose hash was kept")
