"""What looking after every comparison lets through: the gate's e-process beside the tests that people use for it.

python bench/gate.py [--json FILE] [--runs N]

A candidate that is exactly as bad as is tolerated must not pass more often than alpha says. Each run draws the gaps
between mismatches; between two of them a test only comes nearer to passing, so it is enough to know, for each number
of mismatches, at how many comparisons it would pass. Then: how many clean comparisons the gate wants beside a test of
fixed size at the same alpha, and how soon it rolls back a candidate that is far too bad.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import cache
from math import ceil, log, log1p, sqrt
from pathlib import Path

from scipy.stats import binom

from strangler.eprocess import alpha_of, fails, needed

EPSILON, ALPHA, HORIZON, RUNS = 0.001, 0.05, 200_000, 4_000
BEFORE = 1_000
"""Comparisons after which a running rate is believed."""
Z = statistics.NormalDist().inv_cdf(1 - ALPHA)
ATTEMPTS = (1, 2, 3, 10, 30)
CLEAN_AIM = 1.3
TIMES_WORSE = (10, 50)


def wilson(k: int, n: int) -> bool:
    """Wilson's one-sided bound lies under what is tolerated."""
    rate = k / n
    middle = rate + Z * Z / (2 * n)
    return (middle + Z * sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))) / (1 + Z * Z / n) < EPSILON


def exact(k: int, n: int) -> bool:
    """Clopper and Pearson's does: so few mismatches are rarer than alpha at the tolerated rate."""
    return bool(binom.cdf(k, n, EPSILON) < ALPHA)


def running(k: int, n: int) -> bool:
    """The rate so far does, once there is something to go by."""
    return n >= BEFORE and k / n < EPSILON


def first(test: Callable[[int, int], bool]) -> Callable[[int], int]:
    """At how many comparisons a test passes with so many mismatches; past the horizon where later."""

    @cache
    def boundary(k: int) -> int:
        low, high = max(k, 1), HORIZON + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if test(k, middle) else (middle + 1, high)
        return low

    return boundary


@cache
def ours(k: int) -> int:
    """The same for the gate."""
    return needed(k, EPSILON, ALPHA) or HORIZON + 1


TESTS: dict[str, Callable[[int], int]] = {
    "the gate": ours,
    "Clopper and Pearson": first(exact),
    "Wilson": first(wilson),
    f"rate under it after {BEFORE:,}": first(running),
}


def gaps(rate: float, draw: random.Random) -> Iterator[int]:
    """Comparisons from one mismatch to the next."""
    while True:
        yield max(1, ceil(log(1 - draw.random()) / log1p(-rate)))


def passed(mismatches: list[int], boundary: Callable[[int], int]) -> bool:
    """Whether a test passes at any moment of a run; `mismatches`: at which comparisons they came, the last past it."""
    return any(boundary(k) <= min(at - 1, HORIZON) for k, at in enumerate(mismatches))


def run(rate: float, draw: random.Random) -> list[int]:
    """When mismatches came, up to the first past the horizon."""
    found, at = [], 0
    for gap in gaps(rate, draw):
        at += gap
        found.append(at)
        if at > HORIZON:
            return found
    return found


def rolled_back(rate: float, alpha: float, draw: random.Random, most: int = HORIZON) -> int | None:
    """At which comparison the gate rolls back; it can only do so at a mismatch. None: not within so many."""
    at = 0
    for k, gap in enumerate(gaps(rate, draw), 1):
        at += gap
        if at > most:
            return None
        if fails(k, at, EPSILON, alpha):
            return at
    return None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--runs", type=int, default=RUNS, help="simulated cutovers (default %(default)s)")
    arguments = parser.parse_args()
    draw = random.Random(1)
    runs = arguments.runs
    shares = _false_passes(runs, draw)
    clean = _clean()
    back = {str(times): _rollback(times, draw) for times in TIMES_WORSE}
    alpha = alpha_of(1, ALPHA / 2)
    wrongly = sum(rolled_back(EPSILON, alpha, draw) is not None for _ in range(runs)) / runs
    print(f"false rollbacks at the tolerated rate: {100 * wrongly:.1f} % (alpha {100 * alpha:.1f} %)")
    good = (
        shares["the gate"] <= ALPHA
        and all(ratio <= CLEAN_AIM for ratio in clean.values())
        and wrongly <= ALPHA
    )
    if arguments.json:
        figures = {
            "runs": runs,
            "false_passes": shares,
            "clean": clean,
            "rollback": back,
            "false_rollbacks": wrongly,
        }
        arguments.json.write_text(json.dumps(figures, indent=1))
    return 0 if good else 1


def _false_passes(runs: int, draw: random.Random) -> dict[str, float]:
    print(f"{runs:,} runs at a true rate of {EPSILON:.1%}, looked at after each of {HORIZON:,} comparisons:")
    counts = dict.fromkeys(TESTS, 0)
    for _ in range(runs):
        mismatches = run(EPSILON, draw)
        for name, boundary in TESTS.items():
            counts[name] += passed(mismatches, boundary)
    shares = {name: count / runs for name, count in counts.items()}
    for name, share in shares.items():
        half = 1.96 * sqrt(share * (1 - share) / runs)
        print(f"  {name:28} lets {100 * share:5.1f} % pass (± {100 * half:.1f})")
    return shares


def _clean() -> dict[str, float]:
    print("clean comparisons to a pass, beside a test of fixed size at the same alpha:")
    ratios: dict[str, float] = {}
    for attempt in ATTEMPTS:
        alpha = alpha_of(attempt, ALPHA)
        mine, fixed = needed(0, EPSILON, alpha) or 0, ceil(log(alpha) / log1p(-EPSILON))
        ratios[str(attempt)] = mine / fixed
        print(
            f"  attempt {attempt:2}: {mine:6,} and {fixed:6,}, {mine / fixed:.2f} x  (aim: at most {CLEAN_AIM} x)"
        )
    return ratios


def _rollback(times: int, draw: random.Random) -> float:
    alpha = alpha_of(
        1, ALPHA / 2
    )  # half of rollback's alpha is for failures; the first stratum that was found
    found = [rolled_back(times * EPSILON, alpha, draw) or HORIZON for _ in range(1_000)]
    median = statistics.median(found)
    early, *_, late = statistics.quantiles(found, n=20)
    spread = f"(5 to 95 %: {early:,.0f} to {late:,.0f})"
    print(f"{times:2} x the tolerated rate: rolled back after {median:,.0f} comparisons {spread}")
    return median


if __name__ == "__main__":
    sys.exit(main())
