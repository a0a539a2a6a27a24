"""A divergence for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from strangler.comparison.learning.claims import proposed_rule
from strangler_cli.places import rule_place
from strangler_cli.words import counted, iso, money

if TYPE_CHECKING:
    from strangler.ledger.divergences import Divergence, Shown
    from strangler.ledger.settled import Exemplar
    from strangler.redaction import RedactedAnswer
    from strangler_cli.screen import Screen

_VERSIONS: Final = 4
_WIDEST: Final = 100
_INDENT: Final = 14
_FIGURES: Final = frozenset({1, 2})
_SENTENCES: Final = {
    "missing": "{place} is missing on the candidate; legacy says {legacy}",
    "extra": "{place} is only on the candidate; it says {candidate}",
    "changed": "{place} differs: legacy says {legacy}, the candidate {candidate}",
    "type": "{place} has another type: legacy says {legacy}, the candidate {candidate}",
    "order": "{place} stands in another order",
    "length": "{place} has another length: legacy {legacy}, the candidate {candidate}",
}


def worst_first(found: list[Divergence]) -> list[Divergence]:
    """By money (the largest drift in any currency), then by count."""
    return sorted(found, key=lambda each: (-_drift(each), -each.count, each.id))


def _drift(divergence: Divergence) -> Decimal:
    return max((abs(amount) for _, amount in divergence.drift), default=Decimal(0))


def sentence(divergence: Divergence) -> str:
    """What differs, in one sentence."""
    place = rule_place(divergence.location) or divergence.location
    if divergence.kind == "failed":
        return f"the candidate gave no comparable answer: {divergence.cause}"
    if divergence.claims:
        return f"{place}: {divergence.detail}"
    pattern = _SENTENCES.get(divergence.kind, _SENTENCES["changed"])
    return pattern.format(
        place=place, legacy=divergence.legacy or "nothing", candidate=divergence.candidate or "nothing"
    )


def cause(divergence: Divergence) -> str:
    """The cause's name, and what it says."""
    return f"{divergence.cause}: {divergence.detail}" if divergence.detail else divergence.cause


def drift(divergence: Divergence) -> str:
    """`+0.12 EUR, -3 JPY`; a dash where no money is at stake."""
    return ", ".join(money(amount, currency) for currency, amount in divergence.drift) or "-"


def state(divergence: Divergence) -> str:
    """`open`, `accepted`, `resolved in 2.1`, `regressed in 2.3 (resolved in 2.1)`."""
    gone, back = divergence.resolved_in, divergence.regressed_in
    if divergence.state == "resolved":
        return f"resolved in {gone}" if gone else "resolved"
    if divergence.state == "regressed":
        words = f"regressed in {back}" if back else "regressed"
        return f"{words} (resolved in {gone})" if gone else words
    return divergence.state


def versions(divergence: Divergence) -> str:
    """The candidate versions it was seen with, the latest first; of many the latest four."""
    named = [version or "unknown" for version in divergence.versions]
    more = f" and {len(named) - _VERSIONS} earlier" if len(named) > _VERSIONS else ""
    return ", ".join(named[:_VERSIONS]) + more


def when(divergence: Divergence) -> str:
    """`2026-11-20 14:03 to 2026-11-21 09:15 UTC`; the day once where it is one."""
    first, last = (
        f"{iso(at) or '-':.16}".replace("T", " ") for at in (divergence.first_ns, divergence.last_ns)
    )
    if first == last:
        return f"{first} UTC"
    return f"{first} to {last.removeprefix(first[:11])} UTC"


def counts(divergence: Divergence) -> str:
    """How often, and how often it reached a customer as a wrong amount."""
    seen = counted(divergence.count, "answer")
    return (
        f"{seen}, {divergence.wrong_amounts:,} of them a wrong amount served"
        if divergence.wrong_amounts
        else seen
    )


def listed(screen: Screen, found: Sequence[Divergence]) -> None:
    """Each in three lines: figures under their heads, what differs, and when it was seen with which versions."""
    head = ("id", "seen", "money", "route", "cause", "state")
    rows = [(each.id, f"{each.count:,}", drift(each), each.route, each.cause, state(each)) for each in found]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    screen.line(_row(head, widths), "strong")
    for each, row in zip(found, rows, strict=True):
        screen.line(_row(row, widths), "bad" if each.drift else "")
        for line in wrap(sentence(each), _WIDEST - _INDENT) if screen.terminal else [sentence(each)]:
            screen.line(" " * _INDENT + line)
        screen.line(f"{' ' * _INDENT}{when(each)}, version {versions(each)}", "dim")


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [
        cell.rjust(width) if place in _FIGURES else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(texts).rstrip()


def as_object(divergence: Divergence) -> dict[str, Any]:
    """One divergence, as `list --json` has it."""
    return {
        "id": divergence.id,
        "cutover": divergence.cutover,
        "route": divergence.route,
        "location": divergence.location,
        "kind": divergence.kind,
        "cause": divergence.cause,
        "detail": divergence.detail,
        "severity": divergence.severity,
        "state": divergence.state,
        "count": divergence.count,
        "wrong_amounts": divergence.wrong_amounts,
        "drift": dict(divergence.drift),
        "legacy": divergence.legacy,
        "candidate": divergence.candidate,
        "versions": list(divergence.versions),
        "resolved_in": divergence.resolved_in or None,
        "regressed_in": divergence.regressed_in or None,
        "first_at": iso(divergence.first_ns),
        "last_at": iso(divergence.last_ns),
        "reason": divergence.reason,
        "actor": divergence.actor,
        "rule": divergence.rule,
        "merged_into": divergence.merged_into,
        "merged": list(divergence.merged),
        "rules": [proposed_rule(claim) for claim in divergence.claims],
        "fingerprint": divergence.fingerprint,
    }


def shown_object(shown: Shown) -> dict[str, Any]:
    """One divergence with its exemplars, as `show --json` has it."""
    exemplars = [_exemplar(each) for each in shown.exemplars]
    return {**as_object(shown.divergence), "exemplars": exemplars}


def _exemplar(exemplar: Exemplar) -> dict[str, Any]:
    return {
        "request": {"method": exemplar.request.method, "target": exemplar.request.target},
        "legacy": _answer(exemplar.legacy),
        "candidate": _answer(exemplar.candidate),
    }


def _answer(answer: RedactedAnswer) -> dict[str, Any]:
    message = answer.message
    return {
        "status": answer.status,
        "failure": answer.failure,
        "detail": answer.detail,
        "fields": [list(field) for field in message.fields] if message else [],
        "body": message.body if message else None,
        "elapsed_us": answer.elapsed_ns // 1000,
    }
