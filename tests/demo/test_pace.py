"""The demo's traffic gives way while the worker cannot keep up, and comes back."""

from __future__ import annotations

import itertools

from strangler_demo.pace import Pace


def test_calls_are_due_at_the_pace_of_the_moment() -> None:
    pace = Pace(100)
    due = pace.due(itertools.count(), lambda: 1_000)
    assert [next(due) for _ in range(3)] == [(1_000, 0), (10_001_000, 1), (20_001_000, 2)]
    pace.now = 50
    assert next(due) == (40_001_000, 3)


def test_a_standstill_is_not_made_up_for_at_once() -> None:
    times = iter((0, 10_000_000, 5_000_000_000))
    due = Pace(100).due(itertools.count(), lambda: next(times))
    assert [next(due)[0] for _ in range(3)] == [0, 10_000_000, 4_000_000_000]


def test_it_eases_while_what_waits_grows_or_anything_was_shed_and_picks_up_again() -> None:
    pace = Pace(160)
    pace.adapt(321, 0)
    assert pace.now == 120
    pace.adapt(320, 0)
    assert pace.now == 120, "it gets less: that suffices"
    pace.adapt(321, 0)
    assert pace.now == 90
    pace.adapt(170, 7)
    assert pace.now == 67
    pace.adapt(170, 7)
    assert pace.now == 67
    for _ in range(20):
        pace.adapt(0, 7)
    assert pace.now == pace.wish == 160


def test_it_never_stands_still() -> None:
    pace = Pace(160)
    for shed in range(100):
        pace.adapt(0, shed + 1)
    assert pace.now == 20
