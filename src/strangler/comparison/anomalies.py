"""Anomalies that only one side has are differences: over what a parser must not guess, a client may trip."""

from __future__ import annotations

from strangler.comparison.model import Anomaly, Cause, Decoded, Difference, Location, Severity
from strangler.comparison.paths import ANY
from strangler.comparison.rules import Rules
from strangler.comparison.states import OUTSIDE, Standing


def of_one_side(left: Decoded, right: Decoded, rules: Rules) -> list[Difference]:
    """The anomalies that are not on both sides alike, where the rules compare their place."""
    standing = rules.standing(left.root, right.root)
    found: list[Difference] = []
    for anomalies, others, on_legacy in (
        (left.anomalies, right.anomalies, True),
        (right.anomalies, left.anomalies, False),
    ):
        found += [
            _difference(each, on_legacy=on_legacy)
            for each in anomalies
            if each not in others and _compared(standing, each)
        ]
    return found


def _compared(standing: Standing, anomaly: Anomaly) -> bool:
    """Whether the place of an anomaly is compared: no rule ignores it or what it stands in."""
    for step in (*anomaly.path, None):
        if standing is None:
            return True
        if standing == OUTSIDE or "ignore" in standing.kinds:
            return False
        if step is None:
            return standing.chosen
        standing = standing.member(step) if isinstance(step, str) else standing.item(step, step)
    return True


def _difference(anomaly: Anomaly, *, on_legacy: bool) -> Difference:
    mild = anomaly.code in {"bom", "doctype", "charset", "not-coded", "line-ends"}
    severity: Severity = "minor" if mild else "major"
    return Difference(
        location=Location("body", anomaly.path),
        kind="changed",
        left=anomaly.code if on_legacy else None,
        right=None if on_legacy else anomaly.code,
        cause=Cause(anomaly.code, anomaly.detail),
        severity=severity,
        pattern=tuple(ANY if isinstance(step, int) else step for step in anomaly.path),
    )
