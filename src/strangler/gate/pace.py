"""What a step waits for although the evidence suffices."""

from __future__ import annotations

from collections.abc import Iterator

from strangler.gate.case import Case
from strangler.gate.verdict import Reason


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
