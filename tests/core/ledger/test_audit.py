"""Every way to tamper with the chain is named with the first bad link."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from strangler.ledger import audit
from strangler.ledger.store import Ledger


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
    with chain.begin() as connection:
        connection.exec_driver_sql(tampering)
    with chain.read() as connection:
        broken = audit.verify(connection)
    assert broken is not None
    assert broken.seq == seq
    assert words in broken.what


def test_entries_put_in_another_order_are_named(chain: Ledger) -> None:
    with chain.begin() as connection:
        for old, new in ((2, -1), (3, 2), (-1, 3)):
            connection.execute(text(f"UPDATE audit SET seq = {new} WHERE seq = {old}"))
    with chain.read() as connection:
        broken = audit.verify(connection)
    assert broken is not None
    assert broken == audit.Broken(2, "it does not follow the entry before it")


def test_a_fork_is_refused_by_the_database(chain: Ledger) -> None:
    from strangler.errors import LedgerUnavailable

    with pytest.raises(LedgerUnavailable, match=r"(?i)unique"), chain.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (seq, prev, hash, body, subject)"
                " SELECT 99, prev, 'other', body, subject FROM audit WHERE seq = 3"
            )
        )
