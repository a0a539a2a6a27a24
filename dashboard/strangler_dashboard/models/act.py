"""Something to be done to a cutover: what it is, what would follow, and whether it can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.planned import Step
from strangler.views.approvals import ApprovalRequestView
from strangler.views.status import CutoverView, OverrideView
from strangler_dashboard.acting.table import HOLDS, offered
from strangler_dashboard.models.cutover import cutover_page

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler_dashboard.acting.table import Act
    from strangler_dashboard.models.board import Taken


class ActPage(msgspec.Struct, frozen=True):
    """`offered`: it would change something now. `step`: where `advance` leads; `request`: what would be agreed to, on
    which findings; `lengths`: how long a hold can be; `override`: a `rollback --all` in force.
    """

    act: str
    title: str
    says: str
    grave: bool
    needs: str
    offered: bool
    cutover: CutoverView
    step: Step | None
    request: ApprovalRequestView | None
    findings: str
    lengths: tuple[str, ...]
    override: OverrideView | None


def act_page(
    connection: Connection, taken: Taken, act: Act, name: str, override: OverrideView | None, now_ns: int
) -> ActPage:
    """Raises NotFound for a cutover the file does not have."""
    page = cutover_page(connection, taken, name, now_ns)
    asked = [each for each in page.requests if each.holds]
    return ActPage(
        act=act.name,
        title=act.title,
        says=act.says,
        grave=act.grave,
        needs=act.needs,
        offered=offered(act, page.cutover, page.requests),
        cutover=page.cutover,
        step=page.ahead[0] if act.name == "advance" and page.ahead else None,
        request=asked[0] if act.event is None and asked else None,
        findings=taken.findings[name],
        lengths=tuple(HOLDS) if act.event == "hold" else (),
        override=override,
    )
