"""How long to wait before asking again, and which documents are worth keeping."""

from __future__ import annotations

from decimal import Decimal

import pytest

from strangler_shadow.worker.patience import reask_ms
from strangler_shadow.worker.shown import Shown

NOW = 10**18
MINUTE = 60_000_000_000


@pytest.mark.parametrize(
    ("declared", "probed", "expected"),
    [
        (None, None, 200),
        (None, (Decimal(9), NOW), 200),
        (2_000, (Decimal("0.05"), NOW), 200),
        (2_000, (Decimal("0.750"), NOW), 750),
        (2_000, (Decimal(5), NOW), 5_000),
        (2_000, None, 2_000),
        (2_000, (Decimal("0.05"), NOW - MINUTE - 1), 2_000),
        (2_000, (Decimal("0.05"), NOW - MINUTE), 200),
        (2_000, (Decimal(60), NOW), 60_000),
        (2_000, (Decimal(61), NOW), None),
    ],
)
def test_the_longer_of_reask_and_lag(
    declared: int | None, probed: tuple[Decimal, int] | None, expected: int | None
) -> None:
    assert reask_ms(200, declared, probed, NOW) == expected


def test_the_first_documents_of_a_divergence_are_worth_keeping_then_one_in_sixteen() -> None:
    shown = Shown()
    worth = [shown.worth("e", ["a"], 2) for _ in range(40)]
    assert worth[:8] == [True] * 8
    assert [index + 1 for index, kept in enumerate(worth[8:], 8) if kept] == [16, 32]


def test_a_new_divergence_beside_a_known_one_is_worth_it() -> None:
    shown = Shown()
    for _ in range(9):
        shown.worth("e", ["a"], 2)
    assert not shown.worth("e", ["a"], 2)
    assert shown.worth("e", ["a", "b"], 2)
    assert shown.worth("another epoch", ["a"], 2)


def test_none_are_kept_where_none_are_wanted() -> None:
    assert not Shown().worth("e", ["a"], 0)
