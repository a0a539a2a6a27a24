"""The evidence of a cutover; without a name, of the first in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.evidence import evidence_view

if TYPE_CHECKING:
    from strangler_dashboard.models.evidence import EvidenceView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> EvidenceView:
    """What the statistics say. Raises NotFound."""
    taken = await room.snapshot.get()
    names = list(taken.loaded.config.cutovers)
    if not names:
        raise NotFound(
            "the file has no cutovers", remedy="`cutovers:` in strangler.yaml names the routes that move"
        )
    return evidence_view(taken, asked.path.get("cutover", names[0]))
