"""How far one database is behind the other, as a probe said it last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from strangler.clocks import PROBE_STALE_NS, fresh
from strangler.gate.case import Case, duration, since
from strangler.gate.verdict import Reason


@dataclass(frozen=True, slots=True)
class Behind:
    """More than is allowed, or not known. `seconds`: as probed; None where the probe says nothing (any more)."""

    seconds: str | None
    probed: str
    required: str


def lagging(case: Case, kind: str, within_ns: int) -> Behind | None:
    """What is wrong with a lag; None: it was probed lately, and is within bounds. `kind`: of its fact."""
    fact = next((f for f in case.facts if (f.kind, f.subject) == (kind, case.evidence.cutover)), None)
    required = f"at most {duration(within_ns)} of lag, probed within {duration(PROBE_STALE_NS)}"
    if fact is None:
        return Behind(None, "not probed", required)
    probed = f"last probed {since(fact.at_ns, case.now_ns)}"
    if not fresh(fact.at_ns, case.now_ns, PROBE_STALE_NS):
        return Behind(None, probed, required)
    return Behind(fact.phase, probed, required) if Decimal(fact.phase) * 1_000_000_000 > within_ns else None


def lag(case: Case) -> Iterator[Reason]:
    """A replication that is behind, or not watched."""
    within = case.evidence.lag_within_ms
    behind = None if within is None else lagging(case, "lag", within * 1_000_000)
    if behind is None:
        return
    if behind.seconds is None:
        measured, remedy = f"the lag was {behind.probed}", "see that the lag's URL answers"
    else:
        measured, remedy = f"the lag is {behind.seconds} s", "let the replication catch up"
    line = case.line_of("cutovers", case.evidence.cutover, "state")
    yield Reason("lag", "insufficient", measured, behind.required, remedy, line)
