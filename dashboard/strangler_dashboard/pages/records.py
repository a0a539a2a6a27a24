"""Numbers, effects, the audit, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.models.records import (
    audit_question,
    audit_view,
    effects_view,
    numbers_view,
    system_view,
)

if TYPE_CHECKING:
    from strangler_dashboard.models.records import AuditView, EffectsView, NumbersView, SystemView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def numbers(room: Room, _asked: Asked) -> NumbersView:
    """Document numbers."""
    now_ns = room.clocks.now_ns()
    return await room.read(lambda connection, loaded: numbers_view(connection, loaded, now_ns))


async def effects(room: Room, _asked: Asked) -> EffectsView:
    """What runs by itself."""
    now_ns = room.clocks.now_ns()
    return await room.read(lambda connection, loaded: effects_view(connection, loaded, now_ns))


async def audit(room: Room, asked: Asked) -> AuditView:
    """Who did what."""
    subject, before = audit_question(asked.query)
    return await room.read(lambda connection, _: audit_view(connection, subject, before))


async def system(room: Room, _asked: Asked) -> SystemView:
    """What runs."""
    taken = await room.snapshot.get()
    override = room.override(taken.loaded)
    return await room.read(
        lambda connection, _: system_view(connection, taken, override, room.source.ledger_url())
    )
