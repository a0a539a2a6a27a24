"""Where a stratum is too rare for statistics: its last full cycle, replayed whole."""

from __future__ import annotations

from collections.abc import Iterator

from strangler.evidence import Census, Sums
from strangler.gate.case import Case, named


def stands_in(case: Case, entry: Sums) -> Census | None:
    """The census that stands in for statistics, if there is one and the policy lets it."""
    if not case.policy.census or entry.k:
        return None
    return next((census for census in _of(case, entry) if _flaw(case, census) is None), None)


def notes(case: Case) -> Iterator[str]:
    """What each census of this epoch comes to."""
    for entry in case.sums:
        for census in _of(case, entry):
            counted = f"census of {census.cycle}: {census.n} of {census.total} of {named(entry)}"
            flaw = (
                "`policy.census` does not let it stand in" if not case.policy.census else _flaw(case, census)
            )
            yield counted if flaw is None else f"{counted}, and it says nothing: {flaw}"


def _of(case: Case, entry: Sums) -> list[Census]:
    return [
        census
        for census in case.evidence.census
        if (census.route, census.stratum) == (entry.route, entry.stratum)
    ]


def _flaw(case: Case, census: Census) -> str | None:
    """Why it does not stand in; None where it does."""
    if census.k:
        return f"{census.k} of them mismatch"
    if census.missed:
        return f"{census.missed} of that cycle's `{census.route}` could not be asked, or are not in the recording"
    if not census.total or census.n < census.total:
        return f"{census.total - census.n} could not be compared"
    if census.total < census.watched:
        return f"the ledger saw {census.watched} in that cycle"
    if case.now_ns >= 2 * census.end_ns - census.first_ns:
        return "it is not of the last full cycle"
    return None
