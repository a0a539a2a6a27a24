"""Runs of numbers: what was seen, as ranges, so that what is kept does not grow with traffic. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec


class Run(msgspec.Struct, frozen=True, array_like=True):
    """The numbers from `first` to `last`; `at_ns`: the earliest time that one of them was seen."""

    first: int
    last: int
    at_ns: int


type Runs = tuple[Run, ...]
"""Sorted, apart from each other."""


def joined(runs: Iterable[Run], more: Iterable[Run]) -> Runs:
    """Both together. Whatever comes first, the result is the same."""
    out: list[Run] = []
    for run in sorted((*runs, *more), key=lambda run: run.first):
        before = out[-1] if out else None
        if before is not None and run.first <= before.last + 1:
            out[-1] = Run(before.first, max(before.last, run.last), min(before.at_ns, run.at_ns))
        else:
            out.append(run)
    return tuple(out)


def without(run: Run, others: Sequence[Run]) -> Runs:
    """What is left of a run, with its time."""
    left: list[Run] = []
    first = run.first
    for other in others:
        if other.last < first or other.first > run.last:
            continue
        if other.first > first:
            left.append(Run(first, other.first - 1, run.at_ns))
        first = other.last + 1
    if first <= run.last:
        left.append(Run(first, run.last, run.at_ns))
    return tuple(left)


def holes(runs: Runs) -> Runs:
    """What is missing between them; `at_ns`: when a number above it was first seen."""
    found: list[Run] = []
    above = None
    for lower, upper in reversed(list(pairwise(runs))):
        above = upper.at_ns if above is None else min(above, upper.at_ns)
        found.append(Run(lower.last + 1, upper.first - 1, above))
    return tuple(reversed(found))


def holds(runs: Sequence[Run], number: int) -> bool:
    """Whether a number is in one of them."""
    return any(run.first <= number <= run.last for run in runs)
