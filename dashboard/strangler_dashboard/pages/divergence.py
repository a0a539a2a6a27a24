"""One divergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.errors import UsageError
from strangler_dashboard.models.divergence import divergence_detail

if TYPE_CHECKING:
    from strangler_dashboard.models.divergence import DivergenceDetail
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> DivergenceDetail:
    """All of it. Raises NotFound; UsageError for an example that is no number."""
    number = asked.query.get("example", "1")
    if not (number.isascii() and number.isdigit() and len(number) < 5):
        raise UsageError(f"`example` is a number from 1, not {number!r}")
    text = room.source.text()
    return await room.read(
        lambda connection, loaded: divergence_detail(
            connection, loaded, asked.path["id"], text, number=int(number), bodies="bodies" in asked.may
        )
    )
