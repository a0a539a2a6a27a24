"""The outcome of one comparison, for people and for machines."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from strangler.comparison.model import Opaque
from strangler.views.places import rule_place
from strangler.views.words import counted, money
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler.comparison.model import Difference, Node, Outcome
    from strangler_cli.screen import Screen, Tone

_WIDEST = 200
_ABSENT = "(absent)"


def as_text(screen: Screen, outcome: Outcome, left: str, right: str) -> None:
    """Each place that differs, both values side by side, and why."""
    tones: dict[str, Tone] = {"equal": "good", "different": "bad", "failed": "bad"}
    if outcome.verdict == "failed":
        screen.line(f"cannot be compared: {outcome.failure_detail or outcome.failure}", "bad")
        return
    places = len(outcome.differences) + outcome.unlisted
    count = f" in {counted(places, 'place')}" if places else ""
    screen.line(f"{outcome.verdict}{count}", tones[outcome.verdict])
    columns = [
        Column("where", wrap=True),
        Column(left, wrap=True),
        Column(right, wrap=True),
        Column("why", wrap=True),
    ]
    screen.table(columns, [_row(difference) for difference in outcome.differences])
    if outcome.unlisted:
        screen.line(f"and {outcome.unlisted:,} more")
    if outcome.silenced:
        screen.line(f"{counted(sum(outcome.silenced.values()), 'difference')} let pass by rules", "dim")
    for anomaly in outcome.anomalies:
        side = f"{anomaly.side}: " if anomaly.side else ""
        screen.line(f"note: {side}{anomaly.code}: {anomaly.detail}", "warn")


def place_of(difference: Difference) -> str:
    """Where, in a rule's words if it has any for that."""
    location = str(difference.location)
    return rule_place(location) or location


def _row(difference: Difference) -> list[Cell]:
    where = f" ({difference.where})" if difference.where else ""
    return [
        place_of(difference) + where,
        side_text(difference, "extra"),
        side_text(difference, "missing"),
        why(difference),
    ]


def why(difference: Difference) -> str:
    """The cause in words, with the drift of money."""
    drift = ""
    if difference.drift is not None:
        drift = f" ({money(difference.drift, difference.currency or '')})"
    cause = difference.cause
    words = f"{cause.code}: {cause.detail}" if cause.detail else cause.code
    return words + drift


def side_text(difference: Difference, absent_when: str) -> str:
    """Legacy's value (`absent_when` "extra") or the candidate's ("missing"), not too long."""
    if difference.kind == absent_when:
        return _ABSENT
    text = shown(difference.left if absent_when == "extra" else difference.right)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def shown(node: Node) -> str:
    """A value as JSON text, numbers as they were spelt."""
    if isinstance(node, Decimal):
        return str(node)
    if isinstance(node, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {shown(node[name])}" for name in node)
            + "}"
        )
    if isinstance(node, list):
        return "[" + ", ".join(map(shown, node)) + "]"
    if isinstance(node, Opaque):
        return f"{node.media or 'bytes'}, {node.size:,} bytes, SHA-256 {node.sha256[:16]}…"
    return json.dumps(node, ensure_ascii=False)


def as_object(outcome: Outcome) -> dict[str, Any]:
    """What `--format json` prints."""
    return {
        "verdict": outcome.verdict,
        "failure": outcome.failure,
        "failure_detail": outcome.failure_detail,
        "differences": [_difference(difference) for difference in outcome.differences],
        "unlisted": outcome.unlisted,
        "silenced": dict(outcome.silenced),
        "anomalies": [
            {"side": each.side, "code": each.code, "detail": each.detail} for each in outcome.anomalies
        ],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    location = str(difference.location)
    return {
        "location": location,
        "place": rule_place(location),
        "where": difference.where,
        "kind": difference.kind,
        "severity": difference.severity,
        "cause": difference.cause.code,
        "detail": difference.cause.detail,
        "legacy": None if difference.kind == "extra" else shown(difference.left),
        "candidate": None if difference.kind == "missing" else shown(difference.right),
        "drift": difference.drift,
        "currency": difference.currency,
    }
