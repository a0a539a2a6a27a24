"""Evidence as a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from strangler.evidence import Cell, Evidence, Expired, Seen

EMPTY = Evidence("reads", "shadow", False, 1, "d", "1", 1, 0, ())


def test_sums_join_primaries_and_keep_the_order_of_discovery() -> None:
    cells = (
        Cell("b", "", "legacy", n=5, k=1, candidate_failed=1, unsettled=2, first_ns=30, last_ns=70),
        Cell("b", "", "candidate", n=7, k=0, first_ns=10, last_ns=90),
        Cell("a", "x=1", "legacy", n=1, first_ns=20, last_ns=20),
    )
    first, second = replace(EMPTY, cells=cells).sums()
    assert (first.route, first.n, first.k, first.candidate_failed, first.unsettled) == ("b", 12, 1, 1, 2)
    assert (first.order, first.last_ns, second.route, second.order) == (0, 90, "a", 1)


def test_totals() -> None:
    seen = (
        Seen("1", "a", "body $.x", "changed", "c", "money", 3, 2),
        Seen("2", "a", "body $.y", "changed", "c", "money", 3, 1),
    )
    found = replace(EMPTY, cells=(Cell("a", "", "legacy", n=3, k=2), Cell("b", "", "legacy", n=4)), seen=seen)
    assert (found.n, found.k, found.wrong_amounts) == (7, 2, 3)


def test_the_hash_changes_with_what_was_seen_and_with_nothing_else() -> None:
    seen = replace(EMPTY, cells=(Cell("a", "", "legacy", n=3, failed={"timeout": 1, "reset": 2}),))
    again = replace(EMPTY, cells=(Cell("a", "", "legacy", n=3, failed={"reset": 2, "timeout": 1}),))
    assert seen.hash() == again.hash() != EMPTY.hash()
    assert replace(seen, worker_ns=5, paused=True).hash() == seen.hash()
    assert replace(seen, untraced={"gap": 1}).hash() != seen.hash()


FOUND = replace(
    EMPTY,
    cells=(Cell("a", "", "legacy", n=30, k=2, first_ns=5), Cell("a", "x=1", "legacy", n=9, first_ns=1)),
    seen=(Seen("1", "a", "body $.x", "changed", "c", "major", 2),),
    expired=(Expired("`ignore: $.a`", date(2026, 1, 1), 7),),
)


@pytest.mark.parametrize(
    "more",
    [
        replace(FOUND, cells=(replace(FOUND.cells[0], n=900, last_ns=9, twins=4), FOUND.cells[1])),
        replace(FOUND, cells=(*FOUND.cells, Cell("b", "y=2", "candidate", n=50))),
        replace(FOUND, cells=FOUND.cells[::-1], attempt=4, worker_ns=7, settled=1),
        replace(FOUND, lost={"a": {"queue-full": 3}}, untraced={"gap": 1}),
        replace(FOUND, expired=(Expired("`ignore: $.a`", date(2026, 1, 1), 70),)),
    ],
)
def test_further_equal_comparisons_are_no_finding(more: Evidence) -> None:
    assert more.findings_hash() == FOUND.findings_hash()


@pytest.mark.parametrize(
    "more",
    [
        replace(FOUND, cells=(replace(FOUND.cells[0], k=3), FOUND.cells[1])),
        replace(FOUND, cells=(FOUND.cells[0], replace(FOUND.cells[1], k=1))),
        replace(FOUND, cells=(replace(FOUND.cells[0], candidate_failed=1), FOUND.cells[1])),
        replace(FOUND, seen=()),
        replace(FOUND, seen=(structs.replace(FOUND.seen[0], severity="money"),)),
        replace(FOUND, seen=(structs.replace(FOUND.seen[0], wrong_amounts=1),)),
        replace(FOUND, seen=(*FOUND.seen, structs.replace(FOUND.seen[0], id="2"))),
        replace(FOUND, expired=()),
        replace(FOUND, digest="e"),
        replace(FOUND, cutover="writes"),
        replace(FOUND, phase="canary"),
        replace(FOUND, generation=8),
    ],
)
def test_a_finding_another_epoch_and_a_transition_are(more: Evidence) -> None:
    assert more.findings_hash() != FOUND.findings_hash()
