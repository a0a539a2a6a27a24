"""What the worker hands to the ledger: judged exchanges, counts of planes, losses. Everything here is
redacted already.

The worker builds `Finding` and `Document` through `strangler.redaction.Redactor`; the ledger itself never
sees a clear value. Times are Unix nanoseconds, durations nanoseconds, amounts `Decimal`.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final, Literal

import msgspec

from strangler.comparison.learning.evidence import Learned
from strangler.comparison.model import Difference, Kind, Location, Node, Outcome, Severity
from strangler.exchange import FailureReason, Origin, Side
from strangler.numbers.series import Sighting
from strangler.redaction import RedactedAnswer, RedactedRequest, Redactor

type NoiseSource = Literal["twin", "re-ask"]

SEVERITIES: Final[tuple[Severity, ...]] = ("money", "major", "minor", "info")
"""Worst first."""
_EXCERPT: Final = 200
_EXACT: Final = Context(prec=100)

UNSETTLED: frozenset[FailureReason] = frozenset({"moved", "lagged"})
"""Failures of time, not of a side: counted on their own, never equal, never the candidate's."""


class EpochKey(msgspec.Struct, frozen=True):
    """Names an epoch before the ledger has given it a number. Build it with
    `strangler.ledger.epochs.epoch_key`.

    `digest` covers the other three. `version` is the candidate's, empty while unknown.
    """

    cutover: str
    digest: str
    version: str
    rules: str
    settings: str


class Finding(msgspec.Struct, frozen=True):
    """All differences of one exchange that share a fingerprint; becomes (part of) a divergence.

    `fingerprint`: lower-case hex; `fingerprint_version` rises when its making changes. `location`: the
    pattern, as `str(Location)` prints it. `drift`: candidate minus legacy per currency, summed over the
    exchange. `legacy` and `candidate`: one redacted example value each, as text of at most 200 characters.
    """

    fingerprint: str
    fingerprint_version: int
    location: str
    kind: Kind
    cause: str
    severity: Severity
    places: int = 1
    detail: str = ""
    drift: tuple[tuple[str, Decimal], ...] = ()
    legacy: str = ""
    candidate: str = ""


class Exemplar(msgspec.Struct, frozen=True):
    """A whole exchange, redacted: the request and both answers."""

    request: RedactedRequest
    legacy: RedactedAnswer
    candidate: RedactedAnswer
    redaction_version: int
    key_id: str


class NoiseFinding(msgspec.Struct, frozen=True):
    """The primary, asked twice, differed from itself at `location` (a pattern, as `str(Location)` prints
    it).
    """

    location: str
    kind: Kind
    source: NoiseSource
    cause: str = ""
    first: str = ""
    second: str = ""


class Observation(msgspec.Struct, frozen=True):
    """A pair that a rule (by its digest) saw. Both sides are `Redactor.token`s, never the values."""

    rule: str
    legacy: str
    candidate: str


class Settled(msgspec.Struct, frozen=True):
    """One judged exchange.

    `at_ns`: when the request was complete (`Exchange.at_ns`; long ago in a recording). `seen_ns`: when the
    candidate's answer came, or its failure was plain: the ledger's time, by which evidence is fresh,
    minutes are told, and two versions at once are told from one after the other. `primary`: who was to
    serve. `labels`: all strata labels with their values, from request and answer, in the order of the file.
    `findings`: one per fingerprint; a failure the candidate caused has one of kind `failed`. `legacy_ns`,
    `candidate_ns`: how long each side took, None when it was not asked. `twinned`: the primary was asked
    twice. `served_candidate`: the client got the candidate's answer (then a `money` finding is a wrong
    amount served). `fell_back`: the candidate was to serve and legacy answered in its place; `outcome` is
    then failed, blame candidate. `exemplar`: with a difference or a failure. `learned`: what this pair shows of
    renamed values and fields, redacted too. `mark`: eight bytes that are the same for the same question with the same
    outcome (`strangler_shadow.worker.marks`), empty where that cannot be told: it counts once per epoch.
    `legacy_status`, `candidate_status`: of the HTTP answers, 0 where there was none. `shape`: of the
    path (`strangler.routing.shapes`). `numbers`: the document numbers that both answers show.
    """

    origin: Origin
    at_ns: int
    seen_ns: int
    route: str
    epoch: EpochKey
    primary: Side
    labels: tuple[tuple[str, str], ...]
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    legacy_ns: int | None = None
    candidate_ns: int | None = None
    exemplar: Exemplar | None = None
    noise: tuple[NoiseFinding, ...] = ()
    observations: tuple[Observation, ...] = ()
    twinned: bool = False
    served_candidate: bool = False
    fell_back: bool = False
    learned: Learned | None = None
    mark: bytes = b""
    legacy_status: int = 0
    candidate_status: int = 0
    shape: str = ""
    numbers: tuple[Sighting, ...] = ()

    @property
    def wrong_amount_served(self) -> bool:
        """Whether an amount that differs reached the customer from the candidate."""
        return self.served_candidate and any(found.severity == "money" for found in self.findings)

    @property
    def candidate_failed(self) -> bool:
        """Whether this counts as a mismatch because the candidate gave no comparable answer."""
        out = self.outcome
        return (
            out.verdict == "failed" and out.blame == "candidate" and out.failure not in UNSETTLED | {"shed"}
        )


class Watched(msgspec.Struct, frozen=True):
    """A request that issues documents, captured for the numbers in its answer alone. `unreadable`: it was answered, and
    no number was found in the answer.
    """

    origin: Origin
    route: str
    numbers: tuple[Sighting, ...] = ()
    unreadable: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """It was compared with nothing."""
        return ()

    @property
    def epoch(self) -> EpochKey:
        """It is evidence of none."""
        return _NO_EPOCH


_NO_EPOCH: Final = EpochKey("", "", "", "", "")

type Item = Settled | Watched
"""What a page of the worker is made of."""


class StreamReport(msgspec.Struct, frozen=True):
    """What one plane process said last (Hello, Heartbeat, Goodbye); all counts cumulative since its boot.

    The ledger takes the difference from what it stored before, so a report may be repeated or come late.
    `generation`: of the table in force, 0 if unknown. `served`: per route, answered by legacy, by the
    candidate, and by legacy in the candidate's place.
    """

    plane: str
    boot: str
    pid: int
    at_ns: int
    generation: int = 0
    sent: int = 0
    dropped: dict[str, int] = {}
    uncaptured: dict[str, int] = {}
    served: dict[str, tuple[int, int, int]] = {}
    refused: dict[str, int] = {}
    ended: bool = False


class Loss(msgspec.Struct, frozen=True):
    """Exchanges the worker shed, or found missing, since the last flush (an increment, not a total).

    `reason`: `gap` for what never arrived, else why it was shed: `rate`, `breaker`, `memory`, `redaction`, ….
    `plane` and `boot` name the stream it is booked on; `route` is empty and `epoch` (the digest of the epoch that
    the exchanges would have been evidence in) too where it is not known.
    """

    reason: str
    count: int
    plane: str
    boot: str
    route: str = ""
    epoch: str = ""


def finding(
    differences: tuple[Difference, ...],
    fingerprint: str,
    version: int,
    redactor: Redactor,
) -> Finding:
    """One finding from all differences of one exchange that share a fingerprint (at least one), redacted.

    The first difference gives the example; drifts are summed per currency (`""` where none is known).
    """
    shown = [redactor.difference(difference) for difference in differences]
    first = shown[0]
    drift: dict[str, Decimal] = {}
    for difference in differences:
        if difference.drift is not None:
            currency = difference.currency or ""
            drift[currency] = _EXACT.add(drift.get(currency, Decimal(0)), difference.drift)
    return Finding(
        fingerprint=fingerprint,
        fingerprint_version=version,
        location=str(Location(first.location.part, first.pattern or first.location.path)),
        kind=first.kind,
        cause=first.cause.code,
        severity=next(severity for severity in SEVERITIES if severity in {d.severity for d in shown}),
        places=len(shown),
        detail=first.cause.detail,
        drift=tuple(sorted(drift.items())),
        legacy=excerpt(first.left),
        candidate=excerpt(first.right),
    )


def excerpt(node: Node) -> str:
    """A value as JSON text of at most 200 characters."""
    text = msgspec.json.encode(node, enc_hook=repr).decode()
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
