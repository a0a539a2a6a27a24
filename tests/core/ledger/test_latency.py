"""The digest of durations: mergeable, right to its buckets, and honest about what it cannot say."""

from __future__ import annotations

import random
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from strangler.ledger import latency

MS = 1_000_000
DURATIONS = st.lists(st.integers(0, 10**12), min_size=1, max_size=200)


def digest(durations: list[int]) -> latency.Buckets:
    buckets: latency.Buckets = {}
    for duration in durations:
        latency.add(buckets, duration)
    return buckets


@given(DURATIONS, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_right_to_its_bucket(durations: list[int], share: float) -> None:
    rank = next(n for n in range(1, len(durations) + 1) if n >= share * len(durations))
    true = sorted(durations)[rank - 1]
    found = latency.quantile(digest(durations), share)
    assert found is not None
    assert abs(found - true) <= true * 3 // 100 + 1


@given(DURATIONS, DURATIONS)
def test_two_digests_together_are_that_of_both(left: list[int], right: list[int]) -> None:
    both = latency.merged(digest(left), digest(right))
    assert both == digest([*left, *right])
    assert latency.decode(latency.encode(both)) == both


def test_too_few_say_nothing_of_a_p99() -> None:
    assert latency.bounds({}, 0.99) == (None, None)
    least, most = latency.bounds(digest([MS] * 200), 0.99)
    assert least is not None
    assert most is None
    assert None not in latency.bounds(digest([MS] * 1_000), 0.99)


def test_the_bounds_hold_the_true_quantile() -> None:
    draw = random.Random(7)
    held, rounds = 0, 300
    true = 99 * MS
    for _ in range(rounds):
        buckets = reduce(
            latency.merged, [digest([draw.randint(1, 100 * MS) for _ in range(500)]) for _ in range(4)]
        )
        least, most = latency.bounds(buckets, 0.99)
        assert least is not None
        assert most is not None
        held += least <= true * 103 // 100 and true <= most * 103 // 100
    assert held >= rounds * 97 // 100
