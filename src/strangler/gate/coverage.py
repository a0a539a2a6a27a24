"""What production asks and nobody has compared in this epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.evidence import Sighting
from strangler.gate.case import Case
from strangler.gate.verdict import Reason

_WORDS: Final = {"stratum": "stratum", "status": "answers", "path": "paths like"}
_LISTED: Final = 5
_ERRORS: Final = "5xx"
"""Answers of legacy's that nothing is compared with."""


def coverage(case: Case) -> Iterator[Reason]:
    """Kinds of requests that were seen often enough lately, in whatever epoch, and never compared in this one."""
    evidence = case.evidence
    if not evidence.epoch:
        return
    comparable = [route.name for route in evidence.routes if route.comparable]
    for route in comparable:
        missing = [
            sighting for sighting in evidence.coverage if sighting.route == route and wanted(case, sighting)
        ]
        if not missing:
            continue
        listed = "; ".join(
            f"{_WORDS[sighting.kind]} {sighting.value} (seen {sighting.seen:,} times)"
            for sighting in missing[:_LISTED]
        )
        more = f"; and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        yield Reason(
            "coverage",
            "insufficient",
            f"of `{route}` there was no comparison of: {listed}{more}",
            f"one at least of what was seen {case.policy.coverage.seen} times, and within the last"
            f" {case.policy.coverage.within // 86_400_000} days",
            f"send such requests of `{route}`, or replay a recording that has them (`strangler replay FILE --record`)",
            case.line("coverage"),
            route,
        )


def wanted(case: Case, sighting: Sighting) -> bool:
    """Whether it has to be compared, and was not."""
    policy = case.policy.coverage
    return (
        not sighting.compared
        and 0 < policy.seen <= sighting.seen
        and case.now_ns - sighting.last_ns <= policy.within * 1_000_000
        and not (sighting.kind == "status" and sighting.value == _ERRORS)
        and (sighting.kind != "stratum" or _labels(sighting.value) in _told_apart(case, sighting.route))
    )


def _told_apart(case: Case, route: str) -> set[tuple[str, ...]]:
    """The sets of labels in use: strata of a configuration before have others, and never come again."""
    here = {_labels(entry.stratum) for entry in case.of(route)}
    return {*here, case.evidence.labels}


def _labels(stratum: str) -> tuple[str, ...]:
    return tuple(part.partition("=")[0] for part in stratum.split(","))
