"""Cutovers: where they stand, on what evidence, what the gate says, what is ahead, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.ledger.cutovers import state_of
from strangler.ledger.tables import MINUTE_NS
from strangler.planned import Step
from strangler.views.approvals import ApprovalRequestView
from strangler.views.gate import VerdictView, verdict_view
from strangler.views.status import CutoverView, StateView, cutover_view, state_view
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.board import TrendView, trend_view
from strangler_dashboard.models.cutover import CutoverPage, WindowView, cutover_page
from strangler_dashboard.models.evidence import EvidenceView, evidence_view

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler_dashboard.api.endpoint import Call, Nothing
    from strangler_dashboard.room import Room


class CutoversView(msgspec.Struct, frozen=True):
    """Every cutover of the file, as `strangler status --json` has them."""

    cutovers: tuple[CutoverView, ...]


class WayView(msgspec.Struct, frozen=True):
    """`steps` to come, as `strangler cutover plan --json` has them; `windows`: freeze windows that are open or come."""

    steps: tuple[Step, ...]
    windows: tuple[WindowView, ...]


class ApprovalsView(msgspec.Struct, frozen=True):
    """What was asked and who agreed, as `strangler cutover approvals --json`."""

    requests: tuple[ApprovalRequestView, ...]


async def all_of_them(room: Room, _call: Call[Nothing]) -> CutoversView:
    """In the order of the file."""
    taken = await room.snapshot.get()
    return CutoversView(tuple(cutover_view(entry, taken.loaded) for entry in taken.standing.cutovers))


async def one(room: Room, call: Call[Nothing]) -> CutoverView:
    """Raises NotFound."""
    taken = await room.snapshot.get()
    return cutover_view(taken.cutover(call.names["cutover"]), taken.loaded)


async def state(room: Room, call: Call[Nothing]) -> StateView:
    """Raises NotFound."""
    return await room.read(lambda connection, loaded: state_in(connection, loaded, call.names["cutover"]))


def state_in(connection: Connection, loaded: Loaded, cutover: str) -> StateView:
    """As the ledger has it now. Raises NotFound."""
    return state_view(state_of(connection, known(loaded, cutover)))


def known(loaded: Loaded, cutover: str) -> str:
    """The name. Raises NotFound for a cutover the file does not have."""
    if cutover not in loaded.config.cutovers:
        raise NotFound(f"there is no cutover `{cutover}`", remedy="`GET /api/v1/cutovers` has them all")
    return cutover


async def gate(room: Room, call: Call[Nothing]) -> VerdictView:
    """Raises NotFound."""
    taken = await room.snapshot.get()
    entry = taken.cutover(call.names["cutover"])
    return verdict_view(entry.verdict, entry.evidence, str(taken.loaded.file))


async def evidence(room: Room, call: Call[Nothing]) -> EvidenceView:
    """Raises NotFound."""
    return evidence_view(await room.snapshot.get(), call.names["cutover"])


async def trend(room: Room, call: Call[Nothing]) -> TrendView:
    """Raises NotFound."""
    taken = await room.snapshot.get()
    name = taken.cutover(call.names["cutover"]).state.name
    return trend_view(name, taken.loaded.config.cutovers[name].routes, taken)


async def way(room: Room, call: Call[Nothing]) -> WayView:
    """Raises NotFound."""
    page = await _page(room, call)
    return WayView(page.ahead, page.windows)


async def approvals(room: Room, call: Call[Nothing]) -> ApprovalsView:
    """Raises NotFound."""
    return ApprovalsView((await _page(room, call)).requests)


async def _page(room: Room, call: Call[Nothing]) -> CutoverPage:
    taken = await room.snapshot.get()
    name = taken.cutover(call.names["cutover"]).state.name
    # To the minute: windows and approvals end by the clock, and an answer that says the same is the same.
    at_ns = room.clocks.now_ns() // MINUTE_NS * MINUTE_NS
    return await room.read(lambda connection, _: cutover_page(connection, taken, name, at_ns))
