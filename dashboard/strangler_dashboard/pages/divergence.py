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
    """All of it; a look at a whole example is written down first. Raises NotFound; UsageError for an example that is no
    number; what the ledger raises where it cannot be written.
    """
    number = asked.query.get("example", "1")
    if not (number.isascii() and number.isdigit() and len(number) < 5):
        raise UsageError(f"`example` is a number from 1, not {number!r}")
    text = room.source.text()
    found = await room.read(
        lambda connection, loaded: divergence_detail(
            connection, loaded, asked.path["id"], text, number=int(number), bodies="bodies" in asked.may
        )
    )
    if found.example is not None:
        shown = found.example
        await room.looks.note(asked.visitor, found.divergence.id, shown.number, shown.exchange)
    return found
