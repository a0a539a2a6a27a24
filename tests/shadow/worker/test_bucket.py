"""The rate limit, in exact nanoseconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strangler_shadow.worker.bucket import TokenBucket

SECOND = 1_000_000_000


def taken(bucket: TokenBucket, times: list[int]) -> int:
    count = 0
    for now in times:
        bucket, got = bucket.take(now)
        count += got
    return count


def test_no_rate_is_no_limit() -> None:
    assert taken(TokenBucket(0), [5] * 1_000) == 1_000
    assert TokenBucket(0).wait_ns(5) == 0


def test_it_holds_one_second_s_worth() -> None:
    assert taken(TokenBucket(10), [100 * SECOND] * 50) == 10


def test_it_refills_at_the_rate() -> None:
    start = 100 * SECOND
    assert taken(TokenBucket(10), [start] * 10 + [start + SECOND // 10] * 3) == 11


def test_the_wait_is_exact() -> None:
    bucket = TokenBucket(10)
    for _ in range(10):
        bucket, _ = bucket.take(SECOND)
    wait = bucket.wait_ns(SECOND)
    assert wait == SECOND // 10
    assert not bucket.take(SECOND + wait - 1)[1]
    assert bucket.take(SECOND + wait)[1]


@given(
    rate=st.integers(1, 500),
    steps=st.lists(st.integers(0, SECOND // 4), min_size=1, max_size=300),
)
def test_never_more_than_the_rate_and_one_bucketful(rate: int, steps: list[int]) -> None:
    now, times = 100 * SECOND, []
    for step in steps:
        now += step
        times += [now] * 5
    elapsed = times[-1] - times[0]
    # A token costs a whole number of nanoseconds, rounded down: at most one more per billion.
    assert taken(TokenBucket(rate), times) <= rate + elapsed * rate // SECOND + 1 + elapsed // SECOND
