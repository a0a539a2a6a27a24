"""One cutover; without a name, the first in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.ledger.tables import MINUTE_NS
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.cutover import cutover_page

if TYPE_CHECKING:
    from strangler_dashboard.models.board import Taken
    from strangler_dashboard.models.cutover import CutoverPage
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> CutoverPage:
    """The way ahead, approvals, windows, history. Raises NotFound."""
    taken = await room.snapshot.get()
    name = cutover_of(taken, asked)
    return await room.read(
        lambda connection, _: cutover_page(
            connection, taken, name, room.clocks.now_ns() // MINUTE_NS * MINUTE_NS
        )
    )


def cutover_of(taken: Taken, asked: Asked) -> str:
    """The name that is asked for; without one, the first in the file. Raises NotFound where there is none."""
    names = list(taken.loaded.config.cutovers)
    if not names:
        raise NotFound(
            "the file has no cutovers", remedy="`cutovers:` in strangler.yaml names the routes that move"
        )
    return asked.path.get("cutover", names[0])
