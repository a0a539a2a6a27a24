"""The evidence of a cutover: what the gate's statistics say of each stratum, and where every number comes from."""

from __future__ import annotations

from math import isinf, log
from typing import TYPE_CHECKING

import msgspec

from strangler.eprocess import alpha_of, interval, log_e_fail, log_e_pass, needed
from strangler.gate.case import percent
from strangler.views.gate import GateView, gate_view
from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.config.policy import Policy
    from strangler.evidence import Cell, Evidence, Sums
    from strangler_dashboard.models.board import Taken


class StratumEvidence(msgspec.Struct, frozen=True):
    """One route and stratum. Statistics are decimal text of four places; `inf`, `-inf` where there is no such number.

    `log_e_pass` and `log_e_fail`: natural logarithms; the stratum passes, or speaks for a rollback, when one reaches
    its threshold. `rate_low`, `rate_high`: the confidence sequence of the mismatch rate. `more`: comparisons still
    needed with no further mismatch; 0: none, None: more than 10^9. `decided`: `pass`, `fail` or `open`.
    """

    route: str
    stratum: str
    n: int
    k: int
    candidate_failed: int
    unsettled: int
    duplicates: int
    repeats: int
    last_at: str | None
    log_e_pass: str
    pass_at: str
    log_e_fail: str
    fail_at: str
    rate_low: str
    rate_high: str
    more: int | None
    decided: str


class LatencyEvidence(msgspec.Struct, frozen=True):
    """How long both sides took, in microseconds; None where too few answers came. `primary`: who served."""

    route: str
    stratum: str
    primary: str
    legacy_p50_us: int | None
    legacy_p99_us: int | None
    candidate_p50_us: int | None
    candidate_p99_us: int | None
    failed: dict[str, int]


class SourceView(msgspec.Struct, frozen=True):
    """Where a number comes from."""

    number: str
    source: str


class EvidenceView(msgspec.Struct, frozen=True):
    """All of it. `tolerated`: the rate, as percent; `alpha`: what this attempt may risk."""

    cutover: str
    cutovers: tuple[str, ...]
    phase: str
    epoch: int
    digest: str
    version: str
    attempt: int
    since: str | None
    tolerated: str
    tolerated_rate: str
    alpha: str
    compared: int
    different: int
    gate: GateView
    strata: tuple[StratumEvidence, ...]
    latency: tuple[LatencyEvidence, ...]
    lost: dict[str, dict[str, int]]
    evidence_hash: str
    sources: tuple[SourceView, ...]


SOURCES = (
    SourceView(
        "compared", "`evidence.n`: pairs of this epoch that came to a verdict, each question counting once"
    ),
    SourceView(
        "mismatch", "`evidence.k`: of those, pairs that differ, or for which the candidate had no answer"
    ),
    SourceView(
        "repeats", "`evidence.duplicates`: equal answers to a question asked before; they count nothing"
    ),
    SourceView(
        "log E, to pass",
        "ln of a beta mixture's e-process against a rate of what is tolerated or more; it passes at ln(1/alpha)",
    ),
    SourceView(
        "log E, to roll back",
        "the same against a rate of what is tolerated or less, without repeated mismatches; alpha by order of strata",
    ),
    SourceView(
        "alpha",
        "6 alpha / (pi^2 j^2) of `policy.tolerate.alpha` at the j-th attempt: trying again does not pass by luck",
    ),
    SourceView(
        "rate", "the same mixture's confidence sequence at `policy.tolerate.alpha`: valid however often read"
    ),
    SourceView(
        "still needed", "the smallest n that passes with the present mismatches, less what was compared"
    ),
    SourceView(
        "p50, p99", "`evidence.legacy_latency`, `…candidate_latency`: buckets of 5 %, so right to 2.5 %"
    ),
    SourceView("lost", "`losses` of this epoch: shed by the worker before they were compared"),
)


def evidence_view(taken: Taken, cutover: str) -> EvidenceView:
    """Raises NotFound for a cutover the file does not have."""
    entry = taken.cutover(cutover)
    evidence, policy = entry.evidence, taken.loaded.config.policy_of(cutover)
    alpha = alpha_of(max(1, evidence.attempt), float(policy.tolerate.alpha))
    return EvidenceView(
        cutover=cutover,
        cutovers=tuple(taken.loaded.config.cutovers),
        phase=entry.state.phase,
        epoch=evidence.epoch,
        digest=evidence.digest,
        version=evidence.version,
        attempt=evidence.attempt,
        since=iso(evidence.created_ns),
        tolerated=percent(policy.tolerate.rate),
        tolerated_rate=f"{policy.tolerate.rate:f}",
        alpha=_four(alpha),
        compared=evidence.n,
        different=evidence.k,
        gate=gate_view(entry.verdict, str(taken.loaded.file)),
        strata=tuple(_stratum(each, policy, alpha) for each in _by_route(evidence)),
        latency=tuple(map(_latency, evidence.cells)),
        lost={route: dict(reasons) for route, reasons in evidence.lost.items()},
        evidence_hash=entry.verdict.evidence_hash,
        sources=SOURCES,
    )


def _by_route(evidence: Evidence) -> list[Sums]:
    order = {route.name: number for number, route in enumerate(evidence.routes)}
    return sorted(evidence.sums(), key=lambda each: (order.get(each.route, len(order)), each.order))


def _stratum(sums: Sums, policy: Policy, alpha: float) -> StratumEvidence:
    epsilon = float(policy.tolerate.rate)
    passing, failing = (
        log_e_pass(sums.k, sums.n, epsilon),
        log_e_fail(sums.k - sums.repeats, sums.n - sums.repeats, epsilon),
    )
    pass_at = log(1 / alpha)
    fail_at = log(1 / alpha_of(sums.order + 1, float(policy.tolerate.rollback_alpha) / 2))
    low, high = interval(sums.k, sums.n, float(policy.tolerate.alpha))
    total = needed(sums.k, epsilon, alpha) if 0 < epsilon < 1 else None
    return StratumEvidence(
        route=sums.route,
        stratum=sums.stratum,
        n=sums.n,
        k=sums.k,
        candidate_failed=sums.candidate_failed,
        unsettled=sums.unsettled,
        duplicates=sums.duplicates,
        repeats=sums.repeats,
        last_at=iso(sums.last_ns),
        log_e_pass=_four(passing),
        pass_at=_four(pass_at),
        log_e_fail=_four(failing),
        fail_at=_four(fail_at),
        rate_low=f"{low:.8f}",
        rate_high=f"{high:.8f}",
        more=None if total is None else max(0, total - sums.n),
        decided="fail" if failing >= fail_at else "pass" if passing >= pass_at else "open",
    )


def _latency(cell: Cell) -> LatencyEvidence:
    return LatencyEvidence(
        route=cell.route,
        stratum=cell.stratum,
        primary=cell.primary,
        legacy_p50_us=_micro(cell.legacy_p50_ns),
        legacy_p99_us=_micro(cell.legacy_p99_ns),
        candidate_p50_us=_micro(cell.candidate_p50_ns),
        candidate_p99_us=_micro(cell.candidate_p99_ns),
        failed=dict(cell.failed),
    )


def _micro(nanoseconds: int | None) -> int | None:
    return None if nanoseconds is None else nanoseconds // 1000


def _four(number: float) -> str:
    return str(number) if isinf(number) else f"{number:.4f}"
