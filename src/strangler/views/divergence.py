"""A divergence, as it is shown: in a sentence, in figures, as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from strangler.comparison.learning.claims import proposed_rule
from strangler.views.places import rule_place
from strangler.views.words import counted, iso, money

if TYPE_CHECKING:
    from strangler.ledger.divergences import Divergence, Shown
    from strangler.ledger.settled import Exemplar
    from strangler.redaction import RedactedAnswer

_VERSIONS: Final = 4
_SENTENCES: Final = {
    "missing": "{place} is missing on the candidate; legacy says {legacy}",
    "extra": "{place} is only on the candidate; it says {candidate}",
    "changed": "{place} differs: legacy says {legacy}, the candidate {candidate}",
    "type": "{place} has another type: legacy says {legacy}, the candidate {candidate}",
    "order": "{place} stands in another order",
    "length": "{place} has another length: legacy {legacy}, the candidate {candidate}",
}


class DivergenceView(msgspec.Struct, frozen=True):
    """One divergence; the fields stand in docs/commands.md."""

    id: str
    cutover: str
    route: str
    location: str
    kind: str
    cause: str
    detail: str
    severity: str
    state: str
    count: int
    wrong_amounts: int
    drift: dict[str, Decimal]
    legacy: str
    candidate: str
    versions: tuple[str, ...]
    resolved_in: str | None
    regressed_in: str | None
    first_at: str | None
    last_at: str | None
    reason: str
    actor: str
    rule: str
    merged_into: str
    merged: tuple[str, ...]
    rules: tuple[dict[str, Any], ...]
    fingerprint: str


class RequestView(msgspec.Struct, frozen=True):
    """A request, redacted."""

    method: str
    target: str


class AnswerView(msgspec.Struct, frozen=True):
    """An answer, redacted, or the failure in its place."""

    status: int
    failure: str
    detail: str
    fields: tuple[tuple[str, str], ...]
    body: str | None
    elapsed_us: int


class ExemplarView(msgspec.Struct, frozen=True):
    """A whole exchange, redacted."""

    request: RequestView
    legacy: AnswerView
    candidate: AnswerView


class ExemplarsView(msgspec.Struct, frozen=True):
    """Whole exchanges in which it was seen, redacted, the most telling first."""

    exemplars: tuple[ExemplarView, ...]


def worst_first(found: list[Divergence]) -> list[Divergence]:
    """By money (the largest drift in any currency), then by count."""
    return sorted(found, key=lambda each: (-_largest(each), -each.count, each.id))


def _largest(divergence: Divergence) -> Decimal:
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


def divergence_view(divergence: Divergence) -> DivergenceView:
    """One divergence."""
    return DivergenceView(
        id=divergence.id,
        cutover=divergence.cutover,
        route=divergence.route,
        location=divergence.location,
        kind=divergence.kind,
        cause=divergence.cause,
        detail=divergence.detail,
        severity=divergence.severity,
        state=divergence.state,
        count=divergence.count,
        wrong_amounts=divergence.wrong_amounts,
        drift=dict(divergence.drift),
        legacy=divergence.legacy,
        candidate=divergence.candidate,
        versions=tuple(divergence.versions),
        resolved_in=divergence.resolved_in or None,
        regressed_in=divergence.regressed_in or None,
        first_at=iso(divergence.first_ns),
        last_at=iso(divergence.last_ns),
        reason=divergence.reason,
        actor=divergence.actor,
        rule=divergence.rule,
        merged_into=divergence.merged_into,
        merged=tuple(divergence.merged),
        rules=tuple(proposed_rule(claim) for claim in divergence.claims),
        fingerprint=divergence.fingerprint,
    )


def exemplar_view(exemplar: Exemplar) -> ExemplarView:
    """One exemplar."""
    request = RequestView(exemplar.request.method, exemplar.request.target)
    return ExemplarView(request, _answer(exemplar.legacy), _answer(exemplar.candidate))


def shown_object(shown: Shown) -> dict[str, Any]:
    """One divergence with its exemplars, as `show --json` has it."""
    exemplars = exemplars_view(shown).exemplars
    return {**msgspec.structs.asdict(divergence_view(shown.divergence)), "exemplars": exemplars}


def exemplars_view(shown: Shown) -> ExemplarsView:
    """Its exemplars alone."""
    return ExemplarsView(tuple(map(exemplar_view, shown.exemplars)))


def _answer(answer: RedactedAnswer) -> AnswerView:
    message = answer.message
    return AnswerView(
        status=answer.status,
        failure=answer.failure,
        detail=answer.detail,
        fields=tuple(message.fields) if message else (),
        body=message.body if message else None,
        elapsed_us=answer.elapsed_ns // 1000,
    )
