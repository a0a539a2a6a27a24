"""A verdict for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.gate import Reason, Verdict
from strangler.views.gate import VerdictView, reason_view

if TYPE_CHECKING:
    from strangler_cli.screen import Screen, Tone

_TONES: Final[dict[str, Tone]] = {"pass": "good", "blocked": "bad", "insufficient": "warn", "frozen": "warn"}
_SENTENCES: Final = {
    "pass": "passes: it may advance",
    "blocked": "is blocked",
    "insufficient": "is not decided: the evidence does not suffice",
    "frozen": "is held",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A verdict with what it was asked about. `file`: strangler.yaml, as the caller named it."""

    verdict: Verdict
    file: str
    phase: str
    epoch: int
    version: str
    attempt: int
    compared: int
    different: int
    routes: tuple[tuple[str, str], ...] = ()
    """Every route with its strata (empty text: none)."""


def as_text(screen: Screen, asked: Asked) -> None:
    """The verdict, each reason with what was measured, required, and would change it."""
    verdict = asked.verdict
    screen.line(f"{verdict.cutover} {_SENTENCES[verdict.status]}", _TONES[verdict.status])
    version = f"candidate {asked.version}" if asked.version else "candidate's version unknown"
    attempt = f", attempt {asked.attempt}" if asked.attempt else ""
    screen.line(
        f"phase {asked.phase}, {version}{attempt}: {asked.compared:,} compared, {asked.different:,} of them mismatch",
        "dim",
    )
    for reason in verdict.reasons:
        screen.line()
        for line, tone in reason_lines(reason, asked.file):
            screen.line(line, tone)
    if verdict.notes:
        screen.line()
        for note in verdict.notes:
            screen.line(f"note: {note}", "dim")


def reason_lines(reason: Reason, file: str) -> Iterator[tuple[str, Tone]]:
    """A reason in four short lines."""
    yield f"{reason.status}: {reason.measured}", _TONES[reason.status]
    yield f"    required   {reason.required}", ""
    yield f"    to change  {reason.remedy}", ""
    if reason.config_line:
        yield f"    set in     {file}:{reason.config_line}", "dim"


def as_object(asked: Asked) -> VerdictView:
    """What `--format json` prints."""
    verdict = asked.verdict
    return VerdictView(
        cutover=verdict.cutover,
        status=verdict.status,
        exit_code=verdict.exit_code,
        phase=asked.phase,
        epoch=asked.epoch,
        version=asked.version,
        attempt=asked.attempt,
        compared=asked.compared,
        different=asked.different,
        evidence_hash=verdict.evidence_hash,
        reasons=tuple(reason_view(reason, asked.file) for reason in verdict.reasons),
        notes=verdict.notes,
    )
