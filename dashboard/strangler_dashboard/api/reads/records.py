"""What is kept beside evidence: document numbers, effects, the audit, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from strangler.ledger import streams, tables
from strangler.views.audit import EntryView
from strangler.views.status import (
    OverrideView,
    PlaneView,
    RefereeView,
    WebhookView,
    status_view,
)
from strangler_dashboard.api.reads.cutovers import known
from strangler_dashboard.models.board import is_working
from strangler_dashboard.models.records import (
    EffectsView,
    NumbersView,
    StreamView,
    audit_view,
    effects_view,
    numbers_view,
    stream_view,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler_dashboard.api.endpoint import Call, Nothing
    from strangler_dashboard.api.queries import OfEntries, OfHistory
    from strangler_dashboard.room import Room

_STREAMS: Final = 200


class EntriesView(msgspec.Struct, frozen=True):
    """A page of the audit, the latest first, as `strangler audit list --json` has them. `head`: of the whole chain, as
    `strangler audit head` prints it, empty where there is none; `following`: where the next page begins; null on the
    last.
    """

    entries: tuple[EntryView, ...]
    head: str
    following: str | None


class PlanesView(msgspec.Struct, frozen=True):
    """`generation`: of the routing table in force; `planes` that were heard of lately, with the one that they have;
    `streams`: what each process sent and what became of it, the latest first, at most 200.
    """

    generation: int
    planes: tuple[PlaneView, ...]
    streams: tuple[StreamView, ...]


class RunningView(msgspec.Struct, frozen=True):
    """What runs. `working`: a worker wrote lately, so what stands here is as of now; `ledger`: its URL without a
    password; `accounting`: sent = recorded + dropped + shed + gaps + outstanding; `override`: a `rollback --all` that
    is in force.
    """

    working: bool
    worker_at: str | None
    generation: int
    accounting: dict[str, int]
    losses: dict[str, int]
    webhooks: tuple[WebhookView, ...]
    referee: RefereeView
    override: OverrideView | None
    file_problem: str
    ledger: str
    revision: str


async def numbers(room: Room, _call: Call[Nothing]) -> NumbersView:
    """Every series."""
    now_ns = room.clocks.now_ns()
    return await room.read(lambda connection, loaded: numbers_view(connection, loaded, now_ns))


async def effects(room: Room, _call: Call[Nothing]) -> EffectsView:
    """Every effect."""
    now_ns = room.clocks.now_ns()
    return await room.read(lambda connection, loaded: effects_view(connection, loaded, now_ns))


async def audit(room: Room, call: Call[OfEntries]) -> EntriesView:
    """A page of the audit."""
    subject = "" if call.query.subject is UNSET else call.query.subject
    before = _number(call.query)
    return await room.read(lambda connection, _: _entries(connection, subject, before, call.query.limit))


async def history(room: Room, call: Call[OfHistory]) -> EntriesView:
    """Of one cutover. Raises NotFound."""
    before = _number(call.query)

    def read(connection: Connection, loaded: Loaded) -> EntriesView:
        return _entries(connection, known(loaded, call.names["cutover"]), before, call.query.limit)

    return await room.read(read)


def _number(query: OfHistory) -> int | None:
    return None if query.after is UNSET else int(query.after)


def _entries(connection: Connection, subject: str, before: int | None, limit: int) -> EntriesView:
    found = audit_view(connection, subject, before, limit)
    following = None if found.before is None else str(found.before)
    return EntriesView(found.entries, found.head, following)


async def planes(room: Room, _call: Call[Nothing]) -> PlanesView:
    """Those that carry traffic, and every stream."""
    taken = await room.snapshot.get()
    status = status_view(taken.standing, taken.loaded, None)
    found = await room.read(lambda connection, _: streams.streams(connection)[:_STREAMS])
    return PlanesView(status.generation, status.planes, tuple(map(stream_view, found)))


async def system(room: Room, _call: Call[Nothing]) -> RunningView:
    """Worker, ledger, webhooks, override."""
    taken = await room.snapshot.get()
    status = status_view(taken.standing, taken.loaded, room.override(taken.loaded))
    return RunningView(
        working=is_working(taken),
        worker_at=status.worker_at,
        generation=status.generation,
        accounting=status.accounting,
        losses=status.losses,
        webhooks=status.webhooks,
        referee=status.referee,
        override=status.override,
        file_problem=status.file_problem,
        ledger=room.source.ledger_url(),
        revision=tables.REVISION,
    )
