"""How long to wait before asking again, and which documents are worth keeping."""

from __future__ import annotations

from decimal import Decimal

import pytest

from strangler_shadow.worker.patience import behind, hopeless
from strangler_shadow.worker.shown import Shown

NOW = 10**18
SECOND = 1_000_000_000
MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    ("declared", "probed", "expected"),
    [
        (None, (Decimal(99), NOW), False),
        (2_000, None, False),
        (61_000, None, True),
        (2_000, (Decimal(60), NOW), False),
        (2_000, (Decimal(61), NOW), True),
        (2_000, (Decimal(61), NOW - MINUTE - 1), False),
    ],
)
def test_a_lag_of_more_than_a_minute_is_not_waited_for(
    declared: int | None, probed: tuple[Decimal, int] | None, expected: bool
) -> None:
    assert hopeless(declared, probed, NOW) is expected


@pytest.mark.parametrize(
    ("declared", "probed", "expected"),
    [
        (None, None, False),
        (2_000, None, True),
        (1_000, None, False),
        (2_000, (Decimal(0), NOW - SECOND - 1), True),
        (2_000, (Decimal(0), NOW - SECOND), False),
        (2_000, (Decimal("0.3"), NOW - SECOND // 2), False),
        (2_000, (Decimal("0.6"), NOW - SECOND // 2), True),
        (1_000, (Decimal("0.6"), NOW - SECOND // 2), False),
        (1_000, (Decimal(5), NOW), True),
        (1_000, (Decimal(5), NOW - MINUTE - 1), False),
    ],
)
def test_a_probe_proves_what_has_arrived_and_without_one_the_lag_has_to_pass(
    declared: int | None, probed: tuple[Decimal, int] | None, expected: bool
) -> None:
    """A difference seen a second ago."""
    assert behind(declared, probed, NOW - SECOND, NOW) is expected


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
