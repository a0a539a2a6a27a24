"""The board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.models.board import board_view

if TYPE_CHECKING:
    from strangler_dashboard.models.board import BoardView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, _asked: Asked) -> BoardView:
    """Where every cutover stands."""
    taken = await room.snapshot.get()
    return board_view(taken, room.override(taken.loaded))
