"""Whether what runs by itself runs on one side only: a month-end run is no HTTP request."""

from __future__ import annotations

from collections.abc import Iterator

from strangler.clocks import PROBE_STALE_NS, fresh
from strangler.effects import Quiet, Standing
from strangler.exchange import Side
from strangler.gate.case import Case, since
from strangler.gate.verdict import Reason


def effects(case: Case) -> Iterator[Reason]:
    """Sides at work that must not be before the next step, or of which nobody knows."""
    for effect in case.evidence.effects:
        for side in effect.silent:
            word = effect.side(side).word(case.now_ns, case.policy.acknowledged * 1_000_000)
            if word == "active":
                yield _active(case, effect, side)
            elif word == "unknown":
                yield _unknown(case, effect, side)


def _active(case: Case, effect: Standing, side: Side) -> Reason:
    said = effect.side(side).said
    shown = f" (it says {said.detail})" if said else ""
    return Reason(
        "effect-active",
        "blocked",
        f"`{effect.name}` is at work on {side}{shown}",
        _required(effect, side),
        f"stop `{effect.name}` on {side}",
        _line(case, effect),
    )


def _unknown(case: Case, effect: Standing, side: Side) -> Reason:
    typed = (
        f"`strangler effects acknowledge {case.evidence.cutover} {effect.name} --side {side} --reason TEXT`"
    )
    known = effect.side(side)
    remedy = f"see that its probe answers, or {typed}" if known.probed else f"see that it is, then {typed}"
    return Reason(
        "effect-unknown",
        "insufficient",
        f"whether `{effect.name}` is quiet on {side} is not known: {_why(known, case.now_ns)}",
        _required(effect, side),
        remedy,
        _line(case, effect),
    )


def _why(known: Quiet, now_ns: int) -> str:
    said = known.said
    if not known.probed:
        return "it has no probe, and nobody has acknowledged it for this step"
    if said is None:
        return "its probe was not asked yet"
    if not fresh(said.at_ns, now_ns, PROBE_STALE_NS):
        return f"its probe was asked {since(said.at_ns, now_ns)}"
    return said.detail


def _required(effect: Standing, side: Side) -> str:
    if side == effect.owner:
        return f"quiet on {side} before it goes over to {effect.following}"
    return f"quiet on {side}, since it is {effect.owner}'s"


def _line(case: Case, effect: Standing) -> int:
    return case.line_of("cutovers", case.evidence.cutover, "effects", effect.name)
