"""The list of divergences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.models.divergences import divergences_view, question

if TYPE_CHECKING:
    from strangler_dashboard.models.divergences import DivergencesView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> DivergencesView:
    """A page of them, worst first."""
    wanted = question(asked.query)
    return await room.read(lambda connection, loaded: divergences_view(connection, loaded, wanted))
