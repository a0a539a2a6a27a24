"""From a judged case to what the ledger takes: fingerprints, findings, labels; everything redacted here."""

from __future__ import annotations

from dataclasses import replace

from strangler.comparison.fingerprint import Fingerprint, fingerprint
from strangler.comparison.learning.evidence import Learned
from strangler.comparison.model import Difference, Outcome, Pairing
from strangler.comparison.observations import Observations, settle
from strangler.exchange import Failure, Response, Side
from strangler.ledger.settled import (
    UNSETTLED,
    Exemplar,
    Finding,
    NoiseFinding,
    NoiseSource,
    Observation,
    Settled,
    excerpt,
    finding,
)
from strangler.redaction import Redactor
from strangler.routing.shapes import shape
from strangler_shadow.worker.case import Answered, Case
from strangler_shadow.worker.marks import mark
from strangler_shadow.worker.memory import OVERHEAD
from strangler_shadow.worker.shown import Shown


def known_pairs(outcome: Outcome, known: Observations, redactor: Redactor) -> Outcome:
    """The outcome in the light of the ids paired so far. Pairs are kept as tokens: the ledger never sees an id."""
    if not outcome.pairings:
        return outcome
    return settle(
        replace(outcome, pairings=tuple(_tokens(pair, redactor) for pair in outcome.pairings)), known
    )


def settled(
    case: Case, outcome: Outcome, shown: Shown, learned: Learned | None = None, answer: bytes = b""
) -> Settled:
    """One judged exchange as the ledger takes it. `learned`: what it shows beyond itself, redacted; `answer`: of
    `marks.answered`, where it is equal.
    """
    exchange, ground = case.exchange, case.ground
    redactor = ground.redactor
    counts = outcome.verdict == "different" or (outcome.verdict == "failed" and outcome.blame == "candidate")
    told = counts and outcome.failure not in UNSETTLED
    findings = _findings(exchange.route, outcome.differences, redactor) if told else ()
    epoch = ground.epoch(case.cutover, case.version)
    kept = ground.config.worker.exemplars
    worth = bool(findings) and shown.worth(epoch.digest, (found.fingerprint for found in findings), kept)
    return Settled(
        origin=exchange.origin,
        at_ns=exchange.at_ns,
        seen_ns=case.seen_ns or exchange.at_ns,
        route=exchange.route,
        epoch=epoch,
        primary=exchange.primary,
        labels=ground.labeller.of(exchange, case.yardstick.context),
        outcome=_bare(outcome),
        findings=findings,
        legacy_ns=_elapsed(case.answer("legacy")),
        candidate_ns=_elapsed(case.answer("candidate")),
        exemplar=_exemplar(case, redactor) if worth else None,
        noise=_noise(case, redactor),
        observations=tuple(Observation(pair.rule, pair.left, pair.right) for pair in outcome.pairings),
        twinned=case.twinned,
        served_candidate=exchange.primary == "candidate" and exchange.fallback is None,
        fell_back=exchange.fallback is not None,
        learned=learned or None,
        legacy_status=_status(case.answer("legacy")),
        candidate_status=_status(case.answer("candidate")),
        shape=shape(ground.templates[exchange.route], exchange.request.target),
        mark=mark(exchange, outcome, answer, (found.fingerprint for found in findings)),
    )


def _bare(outcome: Outcome) -> Outcome:
    """Without what is not redacted: findings say it."""
    if outcome.differences or outcome.anomalies or outcome.pairings:
        return replace(outcome, differences=(), anomalies=(), pairings=())
    return outcome


def settled_size(item: Settled) -> int:
    """Bytes that it is reckoned to hold while it waits to be written."""
    size = OVERHEAD + 512 * len(item.findings)
    if item.learned is not None:
        size += 512 * (len(item.learned.places) + len(item.learned.missing) + len(item.learned.extra))
    if item.exemplar is not None:
        shown = (item.exemplar.request.message, item.exemplar.legacy.message, item.exemplar.candidate.message)
        size += sum(2 * len(message.body or "") + 512 for message in shown if message is not None)
    return size


def _findings(route: str, differences: tuple[Difference, ...], redactor: Redactor) -> tuple[Finding, ...]:
    grouped: dict[str, tuple[Fingerprint, list[Difference]]] = {}
    for difference in differences:
        mark = fingerprint(route, difference)
        grouped.setdefault(mark.digest, (mark, []))[1].append(difference)
    return tuple(
        finding(tuple(members), mark.digest, mark.version, redactor) for mark, members in grouped.values()
    )


def _noise(case: Case, redactor: Redactor) -> tuple[NoiseFinding, ...]:
    source: NoiseSource = "twin" if case.first is None else "re-ask"
    return tuple(
        NoiseFinding(
            location=redactor.text(str(found.location)),
            kind=found.kind,
            source=source,
            cause=found.cause,
            first=excerpt(redactor.node(found.first, found.location.path)),
            second=excerpt(redactor.node(found.second, found.location.path)),
        )
        for found in case.noise
    )


def _exemplar(case: Case, redactor: Redactor) -> Exemplar:
    context = case.yardstick.context

    def shown(side: Side) -> Response | Failure:
        return case.answer(side) or Failure("shed", "not asked")

    return Exemplar(
        request=redactor.request(case.exchange.request),
        legacy=redactor.answer(shown("legacy"), context),
        candidate=redactor.answer(shown("candidate"), context),
        redaction_version=redactor.version,
        key_id=redactor.key_id,
    )


def _status(answered: Answered | None) -> int:
    return answered.status if isinstance(answered, Response) else 0


def _elapsed(answered: Answered | None) -> int | None:
    return None if answered is None else answered.elapsed_ns


def _tokens(pair: Pairing, redactor: Redactor) -> Pairing:
    return Pairing(
        pair.rule, redactor.token(pair.left, "id"), redactor.token(pair.right, "id"), pair.location
    )
