"""Whether the way back is proven before a step: legacy, asked after the candidate, still answers, and hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from strangler.evidence import Cell, Evidence, WayBack
from strangler.gate.case import Case, percent
from strangler.gate.lag import lagging
from strangler.gate.verdict import Reason

BACK: Final = "lag-back"
"""The kind of fact that says how far legacy is behind the candidate."""
_BEYOND: Final = frozenset({"candidate", "retired"})


def way_back(case: Case) -> Iterator[Reason]:
    """What is missing before the next step, from canary on. In shadow legacy serves everybody: nothing to prove."""
    way = case.evidence.way_back
    if way is None:
        return
    if case.evidence.phase in ("canary", "candidate"):
        yield from _asked(case, way)
        yield from _answering(case, way)
    yield from _fed(case, way)


def _asked(case: Case, way: WayBack) -> Iterator[Reason]:
    """Legacy was asked and gave something to compare: since this step began, and of every route before the owner
    changes.
    """
    evidence, oldest = case.evidence, case.now_ns - case.policy.freshness * 1_000_000
    last = {route: _proven_ns(evidence, route) for route in way.routes}
    if evidence.phase == "candidate":
        missing = [route for route, at_ns in last.items() if at_ns < max(oldest, way.since_ns)]
    elif way.leads_to == "candidate":
        missing = [route for route, at_ns in last.items() if at_ns < oldest]
    else:
        missing = []
    for route in missing:
        yield _reason(
            case,
            f"legacy was not asked after the candidate about `{route}`{_since(evidence)}",
            "a comparison with the candidate's answer first",
            f"send requests of `{route}` through the plane"
            + (" by a customer who is in the canary" if evidence.phase == "canary" else ""),
            route,
        )
    if last and not missing and max(last.values()) < max(oldest, way.since_ns):
        yield _reason(
            case,
            "no customer of the candidate's was compared with legacy since this step began",
            "one comparison with the candidate's answer first",
            "send requests by a customer who is in the canary; if nobody is, name one under `pinned`",
        )


def _since(evidence: Evidence) -> str:
    return " in this epoch" if evidence.phase == "canary" else " since it is in candidate"


def _proven_ns(evidence: Evidence, route: str) -> int:
    """When legacy last answered where the candidate was to serve; 0: never."""
    proven = (cell for cell in evidence.cells if cell.route == route and _proves(cell))
    return max((cell.last_ns for cell in proven), default=0)


def _proves(cell: Cell) -> bool:
    """Where legacy answered in the candidate's place, it is its own cell that says so. A repeat proves it as well."""
    answered = cell.n + cell.duplicates > cell.candidate_failed
    return cell.fallbacks > 0 or (cell.primary == "candidate" and answered)


def _answering(case: Case, way: WayBack) -> Iterator[Reason]:
    allowed = case.policy.legacy_failed
    for entry in way.recent:
        total = entry.answered + entry.failed
        if entry.failed > allowed * total:
            yield _reason(
                case,
                f"legacy left {entry.failed} of the last {total} questions about `{entry.route}` without an answer to"
                f" compare ({percent(Decimal(entry.failed) / total)})",
                f"at most {percent(allowed)}",
                "see that legacy is well: it is where a rollback leads",
                entry.route,
                "policy",
            )


def _fed(case: Case, way: WayBack) -> Iterator[Reason]:
    """What flows back: from the candidate phase on legacy must hear of what is written, or it is no way back."""
    if way.back_within_ms is None:
        if way.writes and way.leads_to in _BEYOND:
            yield _reason(
                case,
                "nothing says how legacy hears of what the candidate writes",
                "a probe of the lag from the candidate to legacy",
                "declare `state: {synced: {…, back: {lag: {url: …}}}}`",
                where="state",
            )
        return
    behind = lagging(case, BACK, way.back_within_ms * 1_000_000)
    if behind is None:
        return
    if behind.seconds is None:
        measured, remedy = f"the lag back to legacy was {behind.probed}", "see that the URL of `back` answers"
    else:
        measured, remedy = (
            f"legacy is {behind.seconds} s behind the candidate",
            "let the replication back catch up",
        )
    yield _reason(case, measured, behind.required, remedy, where="state")


def _reason(
    case: Case, measured: str, required: str, remedy: str, route: str = "", where: str = ""
) -> Reason:
    cutover = case.evidence.cutover
    place = (cutover, where) if where == "state" else (cutover,)
    line = case.line("legacy_failed") if where == "policy" else case.line_of("cutovers", *place)
    return Reason("way-back", "insufficient", measured, required, remedy, line, route)
