"""All checks, one verdict. Precedence of the status over all reasons: blocked, insufficient, frozen, pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from strangler.evidence import Evidence
from strangler.gate import (
    census,
    coverage,
    drift,
    errors,
    lag,
    latency,
    mismatches,
    numbers,
    pace,
    required,
    split,
    standing,
    wayback,
)
from strangler.gate import effects as by_themselves
from strangler.gate.case import Case, LineOf, no_line
from strangler.gate.verdict import FactLike, Reason, Verdict, status_of
from strangler.pace import NOTHING, Pace

if TYPE_CHECKING:
    from strangler.config.policy import Policy

_CHECKS: Final[tuple[Callable[[Case], Iterator[Reason]], ...]] = (
    mismatches.wrong_amounts,
    mismatches.open_divergences,
    drift.drift,
    mismatches.rates,
    mismatches.failed_shares,
    errors.error_rate,
    latency.slow,
    split.sample_ratio,
    standing.expired_rules,
    standing.epoch,
    standing.worker,
    standing.traffic,
    mismatches.undecided,
    coverage.coverage,
    mismatches.dropped,
    mismatches.unsettled,
    lag.lag,
    wayback.way_back,
    by_themselves.effects,
    numbers.numbers,
    standing.paused,
    required.cutovers,
    required.migrations,
    standing.freeze,
    pace.held,
    pace.soak,
    pace.approvals,
)


def judge(
    policy: Policy,
    evidence: Evidence,
    facts: Sequence[FactLike],
    now_ns: int,
    line_of: LineOf = no_line,
    waits: Pace = NOTHING,
) -> Verdict:
    """Judge. `policy`: `config.policy_of(cutover)`; `line_of`: `loaded.line_of`; `waits`: what the step waits for
    beside its evidence.
    """
    case = Case(policy, evidence, facts, now_ns, line_of, evidence.sums(), waits)
    reasons = tuple(reason for check in _CHECKS for reason in check(case))
    status = status_of(reasons)
    return Verdict(
        evidence.cutover, status, reasons, (*_notes(evidence, now_ns), *census.notes(case)), evidence.hash()
    )


def rollback_reasons(
    policy: Policy, evidence: Evidence, line_of: LineOf = no_line, *, held: bool = False
) -> tuple[Reason, ...]:
    """Why control must roll back by itself; empty: it need not. Only ever something in canary and
    candidate.

    A wrong amount that reached a customer (`wrong-amount`), at once; a mismatch rate the e-process has
    decided against (`rate`); the same for the candidate's failures alone against their tolerated share
    (`failed-share`). Rollback's alpha is spent over strata as they were found, half of it on either of the
    last two. `held`: people look into it, so statistics do not move it; a wrong amount does.
    """
    if evidence.phase not in ("canary", "candidate"):
        return ()
    case = Case(policy, evidence, (), 0, line_of, evidence.sums())
    wrong = tuple(mismatches.wrong_amounts(case))
    return wrong if held else (*wrong, *mismatches.rates(case), *mismatches.failing(case))


def _notes(evidence: Evidence, now_ns: int) -> Iterator[str]:
    for route in evidence.routes:
        if not route.comparable:
            yield f"`{route.name}` may write and is not compared: nothing here speaks for it"
    for effect in evidence.effects:
        if effect.idle(now_ns) and effect.owner == effect.following:
            yield f"`{effect.name}` is quiet on {effect.owner}, whose it is: nobody does it"
    for reason, count in sorted(evidence.uncaptured.items()):
        yield f"{count} requests passed uncaptured ({reason})"
    yield from split.nameless(evidence)
    for name, duplicates, compared in _repeated(evidence):
        yield f"{duplicates:,} of {compared:,} comparisons of `{name}` were repeats of one another and count once"
    for cell in evidence.cells:
        others = sum(cell.failed.values()) - cell.candidate_failed - cell.unsettled
        if others:
            yield f"{others} of `{cell.route}` could not be compared, not for the candidate's reasons"


def _repeated(evidence: Evidence) -> Iterator[tuple[str, int, int]]:
    """Routes that were asked the same again: how often, of how many comparisons."""
    for route in dict.fromkeys(cell.route for cell in evidence.cells):
        here = [cell for cell in evidence.cells if cell.route == route]
        if duplicates := sum(cell.duplicates for cell in here):
            yield route, duplicates, duplicates + sum(cell.n for cell in here)
