"""One cutover; without a name, the first in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from strangler.errors import UsageError
from strangler.ledger.tables import MINUTE_NS
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.cutover import cutover_page

if TYPE_CHECKING:
    from strangler_dashboard.models.board import Taken
    from strangler_dashboard.models.cutover import CutoverPage
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked

_DIGITS: Final = 16


async def read(room: Room, asked: Asked) -> CutoverPage:
    """The way ahead, approvals, windows, history. Raises NotFound; UsageError for an entry that is no number."""
    done = asked.query.get("entry", "")
    if done and not (done.isascii() and done.isdigit() and len(done) < _DIGITS):
        raise UsageError(f"`entry` is the number of an entry, not {done!r}")
    taken = await room.snapshot.get()
    name = cutover_of(taken, asked)
    return await room.read(
        lambda connection, _: cutover_page(
            connection,
            taken,
            name,
            room.clocks.now_ns() // MINUTE_NS * MINUTE_NS,
            int(done) if done else None,
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
