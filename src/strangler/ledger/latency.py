"""A mergeable digest of durations: counts in buckets of 5 % width, so any quantile is right to 2.5 %."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log, sqrt
from typing import Final

import msgspec

_GAMMA: Final = 1.05
_LOG_GAMMA: Final = log(_GAMMA)
_Z: Final = 2.576
"""Standard deviations on either side that hold 99 of 100."""

type Buckets = dict[int, int]
"""Bucket number to count; bucket i holds durations in (gamma^(i-1), gamma^i] nanoseconds."""

_DECODER: Final = msgspec.msgpack.Decoder(dict[int, int])


def add(buckets: Buckets, nanoseconds: int) -> None:
    """Count one duration."""
    index = ceil(log(nanoseconds) / _LOG_GAMMA) if nanoseconds > 1 else 0
    buckets[index] = buckets.get(index, 0) + 1


def merged(left: Mapping[int, int], right: Mapping[int, int]) -> Buckets:
    """Both together."""
    out = dict(left)
    for index, count in right.items():
        out[index] = out.get(index, 0) + count
    return out


def quantile(buckets: Mapping[int, int], share: float) -> int | None:
    """The duration in nanoseconds that `share` of them do not exceed; None without any."""
    total = sum(buckets.values())
    below = 0
    for index in sorted(buckets):
        below += buckets[index]
        if below >= share * total:
            return round(2 * _GAMMA**index / (_GAMMA + 1))
    return None


def bounds(buckets: Mapping[int, int], share: float) -> tuple[int | None, int | None]:
    """Between which durations the true quantile lies, 99 times of 100; None where there are too few to say.

    By order statistics: how many of n lie below the quantile is binomial, here by its normal approximation.
    """
    total = sum(buckets.values())
    middle, half = total * share, _Z * sqrt(total * share * (1 - share))
    low, high = middle - half, middle + half
    return (
        quantile(buckets, low / total) if low >= 1 else None,
        quantile(buckets, high / total) if 0 < high <= total else None,
    )


def encode(buckets: Mapping[int, int]) -> bytes:
    """As stored."""
    return msgspec.msgpack.encode(dict(sorted(buckets.items())))


def decode(stored: bytes) -> Buckets:
    """From storage."""
    return _DECODER.decode(stored)
