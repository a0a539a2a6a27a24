"""How slow the candidate is beside legacy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from strangler.gate.case import Case, duration, named
from strangler.gate.verdict import Reason


def slow(case: Case) -> Iterator[Reason]:
    """Where the candidate's p99 is over the limit even at its least, legacy's being taken at its most.

    Either is an interval that holds the true value 99 times of 100: a few slow answers say nothing yet.
    """
    policy = case.policy.latency
    for cell in case.evidence.cells:
        least, most = cell.candidate_p99_least_ns, cell.legacy_p99_most_ns
        if least is None or most is None or least <= policy.floor * 1_000_000 or least <= policy.ratio * most:
            continue
        times = (Decimal(least) / most).quantize(Decimal("0.1"))
        yield Reason(
            "latency",
            "blocked",
            f"one of a hundred answers of {named(cell)} takes the candidate {duration(least)} or more,"
            f" legacy {duration(most)} at most: {times} times",
            f"at most {policy.ratio} times, or under {duration(policy.floor * 1_000_000)}",
            "make the candidate faster; a new version begins a new epoch",
            case.line("latency"),
            cell.route,
            cell.stratum,
        )
