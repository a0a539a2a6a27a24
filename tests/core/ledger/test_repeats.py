"""A question asked before in its epoch counts once: across flushes, workers and restarts, and never too often."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from strangler.evidence import Cell
from strangler.ledger import repeats, tables
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger
from strangler.testing.judged import Judged


def marks(count: int, seed: int = 1) -> list[bytes]:
    draw = random.Random(seed)
    return [draw.randbytes(8) for _ in range(count)]


def write(ledger: Ledger, batch: list[Settled], worker: str = "w") -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=batch[-1].at_ns, worker=worker)


def cell(ledger: Ledger, judged: Judged) -> Cell:
    with ledger.read() as connection:
        (found,) = read_evidence(connection, judged.loaded, judged.cutover, judged.at_ns).cells
    return found


def test_the_same_question_with_the_same_answer_counts_once(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [judged.equal(mark=b"polled 1") for _ in range(500)])
    write(ledger, [judged.equal(mark=b"polled 1"), judged.equal(mark=b"another1")], worker="another")
    found = cell(ledger, judged)
    assert (found.n, found.duplicates, found.judged) == (2, 500, 502)
    with ledger.read() as connection:
        assert connection.execute(select(func.sum(tables.minutes.c.n))).scalar() == 2
        assert connection.execute(select(func.sum(tables.minutes.c.duplicates))).scalar() == 500
        assert connection.execute(select(func.sum(tables.minutes.c.others))).scalar() == 0


def test_what_cannot_be_told_apart_counts_each_time(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.equals(3))
    assert (cell(ledger, judged).n, cell(ledger, judged).duplicates) == (3, 0)


def test_a_mismatch_is_never_left_out(ledger: Ledger) -> None:
    judged = Judged()
    same = b"question"
    write(ledger, [judged.equal(mark=same), judged.different(mark=same), judged.different(mark=same)])
    write(ledger, [judged.failed("timeout", mark=same), judged.failed("moved", None)])
    found = cell(ledger, judged)
    assert (found.n, found.k, found.repeats, found.duplicates, found.candidate_failed) == (4, 3, 3, 0, 1)


def test_another_epoch_begins_anew(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [judged.equal(mark=b"polled 1")])
    judged.version = "2"
    write(ledger, [judged.equal(mark=b"polled 1")])
    assert (cell(ledger, judged).n, cell(ledger, judged).duplicates) == (1, 0)


def test_a_flush_that_is_taken_back_and_tried_again_loses_nothing_to_itself(ledger: Ledger) -> None:
    judged = Judged()
    batch = [judged.equal(mark=mark) for mark in marks(50)]
    with pytest.raises(ZeroDivisionError), ledger.begin() as connection:  # noqa: PT012  both belong to it
        flush(connection, batch, now_ns=judged.at_ns, worker="w")
        _ = 1 // 0
    write(ledger, batch)
    assert (cell(ledger, judged).n, cell(ledger, judged).duplicates) == (50, 0)


def test_what_went_into_the_filter_is_still_known_and_little_else(ledger: Ledger) -> None:
    judged = Judged()
    first = marks(2 * repeats.LATEST + 100)
    for start in range(0, len(first), 1_000):
        write(ledger, [judged.equal(mark=mark) for mark in first[start : start + 1_000]])
    before = cell(ledger, judged)
    assert before.n >= len(first) - 5
    write(ledger, [judged.equal(mark=mark) for mark in first])
    assert cell(ledger, judged).n == before.n
    others = marks(1_000, seed=2)
    write(ledger, [judged.equal(mark=mark) for mark in others])
    assert cell(ledger, judged).n >= before.n + 990


def test_the_filter_never_grows_past_its_size(ledger: Ledger) -> None:
    judged = Judged()
    sizes = []
    for seed in range(3):
        write(ledger, [judged.equal(mark=mark) for mark in marks(repeats.LATEST + 1, seed)])
        with ledger.read() as connection:
            table = tables.repeats
            sizes.append(connection.execute(select(func.sum(func.length(table.c.bits)))).scalar())
    assert sizes == [repeats.BLOCKS * 8_192] * 3
