"""The gate's answer, as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from strangler.evidence import Evidence
    from strangler.gate import Reason, Verdict


class ReasonView(msgspec.Struct, frozen=True):
    """One thing in the way. `line` is 0 where no line of the file stands behind it; `more`: further comparisons."""

    code: str
    status: str
    route: str
    stratum: str
    measured: str
    required: str
    remedy: str
    more: int | None
    file: str
    line: int


class VerdictView(msgspec.Struct, frozen=True):
    """A verdict with what it is about, as `strangler gate --format json`. `epoch`: 0 where nothing was compared yet."""

    cutover: str
    status: str
    exit_code: int
    phase: str
    epoch: int
    version: str
    attempt: int
    compared: int
    different: int
    evidence_hash: str
    reasons: tuple[ReasonView, ...]
    notes: tuple[str, ...]


class GateView(msgspec.Struct, frozen=True):
    """The verdict, and everything in the way."""

    status: str
    exit_code: int
    reasons: tuple[ReasonView, ...]
    notes: tuple[str, ...]


def gate_view(verdict: Verdict, file: str) -> GateView:
    """`file`: strangler.yaml, as whoever asks named it."""
    reasons = tuple(reason_view(reason, file) for reason in verdict.reasons)
    return GateView(verdict.status, verdict.exit_code, reasons, verdict.notes)


def verdict_view(verdict: Verdict, evidence: Evidence, file: str) -> VerdictView:
    """`evidence`: what the verdict was given on."""
    return VerdictView(
        cutover=verdict.cutover,
        status=verdict.status,
        exit_code=verdict.exit_code,
        phase=evidence.phase,
        epoch=evidence.epoch,
        version=evidence.version,
        attempt=evidence.attempt,
        compared=evidence.n,
        different=evidence.k,
        evidence_hash=verdict.evidence_hash,
        reasons=tuple(reason_view(reason, file) for reason in verdict.reasons),
        notes=verdict.notes,
    )


def reason_view(reason: Reason, file: str) -> ReasonView:
    """One reason."""
    return ReasonView(
        code=reason.code,
        status=reason.status,
        route=reason.route,
        stratum=reason.stratum,
        measured=reason.measured,
        required=reason.required,
        remedy=reason.remedy,
        more=reason.more,
        file=file,
        line=reason.config_line,
    )
