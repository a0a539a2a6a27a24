"""Whether the candidate answers with more errors (5xx) than legacy does."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from strangler.eprocess import interval
from strangler.gate.case import Case, percent
from strangler.gate.verdict import Reason

_ALPHA: Final = 0.01


def error_rate(case: Case) -> Iterator[Reason]:
    """Where the candidate's share is over legacy's even at its least, legacy's being taken at its most.

    Either is a confidence sequence that holds the true share 99 times of 100, however often one looks.
    """
    for route in dict.fromkeys(cell.route for cell in case.evidence.cells):
        cells = [cell for cell in case.evidence.cells if cell.route == route]
        answers = sum(cell.answers for cell in cells)
        legacy, candidate = (
            sum(cell.legacy_errors for cell in cells),
            sum(cell.candidate_errors for cell in cells),
        )
        if candidate <= legacy:
            continue
        least, most = interval(candidate, answers, _ALPHA)[0], interval(legacy, answers, _ALPHA)[1]
        if Decimal(least) > Decimal(most) + case.policy.errors:
            yield Reason(
                "error-rate",
                "blocked",
                f"of {answers} answers of `{route}` the candidate's were errors (5xx) {candidate} times, legacy's"
                f" {legacy}: {percent(Decimal(least))} at least, {percent(Decimal(most))} at most",
                f"at most {percent(case.policy.errors)} more than legacy's",
                "mend the candidate; a new version begins a new epoch",
                case.line("errors"),
                route,
            )
