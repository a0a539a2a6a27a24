"""One cutover: the way ahead, who approved what, when it may move, what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from strangler.cutover import plan_of, way
from strangler.ledger import approvals, tables
from strangler.ledger.audit import entries
from strangler.planned import Step, described
from strangler.views.approvals import ApprovalRequestView, Asked, request_view
from strangler.views.status import CutoverView, cutover_view
from strangler_dashboard.acting.table import ACTS, offered

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config.freeze import FreezeWindow
    from strangler_dashboard.models.board import Taken

_AHEAD: Final = 4
_ENTRIES: Final = 50


class WindowView(msgspec.Struct, frozen=True):
    """A freeze window that is open or comes. `kind`: `deny` (nothing advances in it) or `allow` (nothing outside)."""

    kind: str
    begins: str
    ends: str
    open: bool
    zone: str
    cron: str
    reason: str


class ActView(msgspec.Struct, frozen=True):
    """Something that can be done, and the permission that it takes."""

    name: str
    title: str
    needs: str
    grave: bool


class CutoverPage(msgspec.Struct, frozen=True):
    """`ahead`: the steps to come, as `cutover plan --json` has them; `history`: the audit's entries, latest first.
    `acts`: what would change something now; `done`: the entry that the address names, if it is about this cutover;
    `unchanged`: the address says that what was sent had been done already.
    """

    cutovers: tuple[str, ...]
    cutover: CutoverView
    ahead: tuple[Step, ...]
    requests: tuple[ApprovalRequestView, ...]
    windows: tuple[WindowView, ...]
    history: tuple[dict[str, Any], ...]
    acts: tuple[ActView, ...]
    done: dict[str, Any] | None
    unchanged: bool


def cutover_page(
    connection: Connection, taken: Taken, name: str, now_ns: int, done: int | None = None
) -> CutoverPage:
    """`done`: number of an entry. Raises NotFound for a cutover the file does not have."""
    entry = taken.cutover(name)
    config, policy = taken.loaded.config, taken.loaded.config.policy_of(name)
    findings = taken.findings[name]
    asked = [
        Asked(request, request.findings == findings, policy.approvals_expire, now_ns)
        for request in approvals.requests(connection, name)
    ]
    at = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)
    windows = [each for window in policy.freeze for each in _windows(window, at)]
    requests, cutover = tuple(map(request_view, asked)), cutover_view(entry, taken.loaded)
    return CutoverPage(
        cutovers=tuple(config.cutovers),
        cutover=cutover,
        ahead=described(config, entry.state, way(plan_of(config, name), entry.state)),
        requests=requests,
        windows=tuple(sorted(windows, key=lambda each: each.begins)),
        history=tuple(each.body for each in entries(connection, subject=name, limit=_ENTRIES)),
        acts=tuple(
            ActView(each.name, each.title, each.needs, each.grave)
            for each in ACTS
            if offered(each, cutover, requests)
        ),
        done=_entry(connection, name, done) if done else None,
        unchanged=done == 0,
    )


def _entry(connection: Connection, name: str, seq: int) -> dict[str, Any] | None:
    table = tables.audit
    statement = select(table.c.body).where(table.c.seq == seq, table.c.subject == name)
    body = connection.execute(statement).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def _windows(window: FreezeWindow, at: datetime) -> list[WindowView]:
    """The one that is open, if one is, and the next."""
    from cronsim import CronSim

    local = at.astimezone(ZoneInfo(window.zone)).replace(second=0, microsecond=0)
    lasts = timedelta(milliseconds=window.duration)
    last = next(CronSim(window.cron, local + timedelta(minutes=1), reverse=True), None)
    begun = [last] if last is not None and last.astimezone(UTC) + lasts > at else []
    coming = islice(CronSim(window.cron, local), _AHEAD)
    return [
        WindowView(
            kind="deny" if window.deny is not None else "allow",
            begins=_utc(begins),
            ends=_utc(begins.astimezone(UTC) + lasts),
            open=begins in begun,
            zone=window.zone,
            cron=window.cron,
            reason=window.reason,
        )
        for begins in (*begun, *coming)
    ]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
