"""What can be done to a cutover, by whom, and when it is offered. One table for pages and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from strangler.cutover import TABLE, EventName

if TYPE_CHECKING:
    from strangler.access import Permission
    from strangler.routing.table import Phase
    from strangler.views.approvals import ApprovalRequestView
    from strangler.views.status import CutoverView

_MINUTE_NS: Final = 60_000_000_000
_NOTHING: Final = {"stay", "not-started", "nothing-to-hold", "no-way-back"}
HOLDS: Final[dict[str, int]] = {
    "30m": 30 * _MINUTE_NS,
    **{f"{hours}h": hours * 60 * _MINUTE_NS for hours in (1, 2, 4, 8, 24, 72)},
}
"""For how long it can be held, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Act:
    """`event`: of the cutover's table; None for an approval, which moves nothing. `grave`: clients notice it. `stale`:
    whether it is done, too, where somebody moved the cutover since it was looked at.
    """

    name: str
    event: EventName | None
    needs: Permission
    title: str
    says: str
    grave: bool = False
    stale: bool = False


ACTS: Final[tuple[Act, ...]] = (
    Act(
        "start",
        "start",
        "move",
        "Start",
        "The candidate is asked the same beside legacy. Clients notice nothing.",
    ),
    Act(
        "advance",
        "advance",
        "move",
        "Advance",
        "One step on, if the gate agrees. It is asked, and the attempt counts. Where nothing but people's approval is "
        "missing, this asks for that, in your name.",
        grave=True,
    ),
    Act(
        "approve",
        None,
        "approve",
        "Approve",
        "You agree to the step that somebody else asked for, on the findings as they are now. Further findings make it "
        "void. Nothing moves yet: whoever asked advances.",
    ),
    Act(
        "pause",
        "pause",
        "move",
        "Pause",
        "It stays where it is, without an end. Traffic goes on as it does; it does not advance; it still rolls back by "
        "itself.",
        stale=True,
    ),
    Act(
        "hold",
        "hold",
        "move",
        "Hold",
        "For some time nothing moves by itself, so that people can look into what the numbers say: it does not "
        "advance, and statistics do not roll it back. A wrong amount that reached a customer does.",
    ),
    Act("resume", "resume", "move", "Resume", "It goes on: it is paused and held no more."),
    Act(
        "rollback",
        "rollback",
        "move",
        "Roll back",
        "Back to shadow: legacy answers everybody, and the candidate goes on being compared. Always permitted.",
        grave=True,
        stale=True,
    ),
)


def offered(act: Act, cutover: CutoverView, requests: tuple[ApprovalRequestView, ...]) -> bool:
    """Whether it would change anything now."""
    if act.event is None:
        return any(each.holds for each in requests)
    if TABLE[cast("Phase", cutover.phase)][act.event] in _NOTHING:
        return False
    if act.event == "resume":
        return cutover.paused or cutover.held_until is not None
    return act.event != "pause" or not cutover.paused
