"""The evidence of a cutover; without a name, of the first in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.models.evidence import evidence_view
from strangler_dashboard.pages.cutover import cutover_of

if TYPE_CHECKING:
    from strangler_dashboard.models.evidence import EvidenceView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> EvidenceView:
    """What the statistics say. Raises NotFound."""
    taken = await room.snapshot.get()
    return evidence_view(taken, cutover_of(taken, asked))
