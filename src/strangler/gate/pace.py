"""What a step waits for although the evidence suffices."""

from __future__ import annotations

from collections.abc import Iterator

from strangler.gate.case import Case, duration, utc
from strangler.gate.verdict import Reason


def held(case: Case) -> Iterator[Reason]:
    """Nothing moves by itself, nor by advance."""
    until = case.pace.held_until_ns
    if until:
        yield Reason(
            "held",
            "frozen",
            f"it is held until {utc(until)}",
            "not held",
            f"wait, or `strangler cutover resume {case.evidence.cutover}`",
            case.line_of("cutovers", case.evidence.cutover),
        )


def soak(case: Case) -> Iterator[Reason]:
    """A step that was not watched for long enough."""
    left = case.pace.soak_ns - case.pace.soaked_ns
    if left > 0:
        name = case.evidence.cutover
        yield Reason(
            "soak",
            "frozen",
            f"it was watched for {duration(case.pace.soaked_ns)} in this step",
            f"{duration(case.pace.soak_ns)}",
            f"wait until {utc(case.now_ns + left)}; the time counts while `strangler serve` runs",
            case.line_of("cutovers", name, "soak"),
        )


def approvals(case: Case) -> Iterator[Reason]:
    """People who have not agreed yet."""
    wanted = case.pace.approval
    if wanted is None or not wanted.missing:
        return
    name = case.evidence.cutover
    by = f" ({', '.join(wanted.given)})" if wanted.given else ""
    asked = f"; {wanted.asker} asked" if wanted.asker else "; nobody has asked yet"
    remedy = (
        f"{wanted.missing} more, other than {wanted.asker}: `strangler cutover approve {name} {wanted.plan[:12]}`"
        if wanted.asker
        else f"`strangler cutover advance {name}` asks for it, once nothing else stands in its way"
    )
    yield Reason(
        "approval",
        "frozen",
        f"{len(wanted.given)} of {wanted.needed} approvals{by}{asked}",
        f"{wanted.needed} by people who did not ask, of this step on these findings",
        remedy,
        case.line("approvals"),
    )
