"""Whether the evidence may be listened to at all: an epoch, one known version, a live worker, fresh
traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from strangler.clocks import fresh
from strangler.eprocess import needed
from strangler.evidence import Sums
from strangler.gate.case import Case, duration, named, old, since
from strangler.gate.freeze import frozen
from strangler.gate.verdict import Reason

WORKER_SILENT_NS: Final = 30_000_000_000
"""A worker that has not flushed for this long counts as dead."""


_TO_COMPARE: Final = {
    True: "start the cutover (`strangler cutover start`) and send traffic through the plane",
    False: "send traffic through the plane",
}
"""By whether the cutover still stands at its beginning."""


def epoch(case: Case) -> Iterator[Reason]:
    """No epoch, no version, or two at once."""
    evidence = case.evidence
    if not evidence.epoch:
        yield Reason(
            "no-epoch",
            "insufficient",
            "nothing was compared under the present rules and settings",
            "comparisons",
            _TO_COMPARE[evidence.phase == "legacy"],
            case.line_of("cutovers", evidence.cutover),
        )
    elif not evidence.version:
        yield Reason(
            "version-unknown",
            "insufficient",
            "the candidate's version is unknown",
            "one known version",
            "say where it is read (`candidate.version`), or give `--candidate-version`",
            case.line_of("candidate"),
        )
    if len(evidence.versions) > 1:
        yield Reason(
            "versions-at-once",
            "insufficient",
            f"versions answer at the same time: {', '.join(name or 'unknown' for name in evidence.versions)}",
            "one version",
            "wait until the deployment is complete",
            case.line_of("candidate"),
        )


def worker(case: Case) -> Iterator[Reason]:
    """A worker that writes no more."""
    last = case.evidence.worker_ns
    if last is None or not fresh(last, case.now_ns, WORKER_SILENT_NS):
        yield Reason(
            "worker-dead",
            "insufficient",
            "no worker ever wrote" if last is None else f"the worker last wrote {since(last, case.now_ns)}",
            f"within {duration(WORKER_SILENT_NS)}",
            "see that `strangler serve` runs and reaches the ledger",
        )


def traffic(case: Case) -> Iterator[Reason]:
    """Routes without comparisons, with too few, or with old ones."""
    routes = [route for route in case.evidence.routes if route.comparable]
    if not routes:
        yield Reason(
            "nothing-comparable",
            "insufficient",
            "no route of this cutover can be compared",
            "one route that reads",
            "declare `safe: true` on routes that only read",
            case.line_of("cutovers", case.evidence.cutover, "routes"),
        )
    for route in routes:
        yield from _route_traffic(case, route.name)


def _route_traffic(case: Case, route: str) -> Iterator[Reason]:
    sums = case.of(route)
    n, minimum = sum(entry.n for entry in sums), case.policy.minimum
    if n == 0:
        tried = ", but some failed without the candidate's fault" if sums else ""
        yield Reason(
            "no-traffic",
            "insufficient",
            f"no request of `{route}` was compared in this epoch{tried}",
            f"at least {minimum}",
            f"send requests of `{route}` through the plane, or take the route out of the cutover",
            case.line_of("routes", route),
            route,
            more=needed(0, float(case.policy.tolerate.rate), case.alpha),
        )
        return
    if n < minimum:
        yield Reason(
            "minimum",
            "insufficient",
            f"{n} comparisons of `{route}`",
            f"at least {minimum}",
            f"needs {minimum - n} more comparisons of `{route}`{case.lasting(minimum - n, *sums)}",
            case.line("minimum"),
            route,
            more=minimum - n,
        )
    yield from _strata(case, sums)
    last, within = max(entry.last_ns for entry in sums), case.policy.freshness * 1_000_000
    if not fresh(last, case.now_ns, within):
        yield Reason(
            "stale",
            "insufficient",
            f"the last comparison of `{route}` is {old(last, case.now_ns)}",
            f"at most {duration(within)}",
            f"send requests of `{route}` through the plane",
            case.line("freshness"),
            route,
        )


def _strata(case: Case, sums: list[Sums]) -> Iterator[Reason]:
    """Strata of a route that were seen and have too few comparisons, or none that came to anything."""
    minimum = case.policy.stratum_minimum
    for entry in sums:
        if entry.n < minimum and entry.stratum:
            more = minimum - entry.n
            yield Reason(
                "stratum-minimum",
                "insufficient",
                f"{entry.n} comparisons of {named(entry)}",
                f"at least {minimum}",
                f"needs {more} more comparisons of {named(entry)}{case.lasting(more, entry)}",
                case.line("stratum_minimum"),
                entry.route,
                entry.stratum,
                more,
            )


def expired_rules(case: Case) -> Iterator[Reason]:
    """Rules past their last day."""
    for rule in case.evidence.expired:
        yield Reason(
            "expired-rule",
            "blocked",
            f"the rule {rule.what} expired on {rule.expires}",
            "rules in force",
            "mend what it excuses and remove it, or have it reviewed and give it a later day",
            rule.line,
        )


def paused(case: Case) -> Iterator[Reason]:
    """A cutover that is held."""
    if case.evidence.paused:
        yield Reason(
            "paused",
            "frozen",
            "the cutover is paused",
            "not paused",
            f"`strangler cutover resume {case.evidence.cutover}`",
            case.line_of("cutovers", case.evidence.cutover),
        )


def freeze(case: Case) -> Iterator[Reason]:
    """A window in which nothing advances, or none in which it may."""
    windows = case.policy.freeze
    found = frozen(windows, datetime.fromtimestamp(case.now_ns // 1_000_000_000, UTC)) if windows else None
    if found is None:
        return
    if found.window is None:
        measured = "no window in which it may advance is open"
        zone = next(window.zone for window in windows if window.allow is not None)
    else:
        window = windows[found.window]
        why = f" ({window.reason})" if window.reason else ""
        measured, zone = f"frozen by `deny: {window.cron}`{why}", window.zone
    until = "has no end in sight" if found.until is None else f"ends {_local(found.until, zone)}"
    yield Reason(
        "freeze",
        "frozen",
        measured,
        "a time outside of freeze windows",
        f"it {until}; a rollback is permitted at any time",
        case.line("freeze"),
    )


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
