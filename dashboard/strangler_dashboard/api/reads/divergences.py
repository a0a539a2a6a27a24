"""Divergences: a page of them, one of them, when it was seen, whole examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from strangler.config.problems import did_you_mean
from strangler.errors import UsageError
from strangler.ledger import divergences as stored
from strangler.ledger import listing
from strangler.ledger.filters import Filter
from strangler.views.divergence import DivergenceView, ExemplarsView, divergence_view, exemplars_view
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.divergence import (
    AcceptView,
    StratumView,
    TimelineView,
    VersionView,
    divergence_detail,
)
from strangler_dashboard.models.divergences import cursor_of, filter_of, place_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.ledger.divergences import Shown
    from strangler_dashboard.api.endpoint import Call, Nothing
    from strangler_dashboard.api.queries import OfDivergences
    from strangler_dashboard.room import Room

_DIGITS: Final = 12


class DivergencesView(msgspec.Struct, frozen=True):
    """A page, the largest drift of money first, then by count, as `strangler divergences list --json` has them.
    `following`: where the next page begins (`after`); null on the last.
    """

    divergences: tuple[DivergenceView, ...]
    following: str | None


class AppearancesView(msgspec.Struct, frozen=True):
    """One divergence: what it is in a sentence, when it was seen, with which versions, in which strata, and the rule
    that would let it pass.
    """

    sentence: str
    cause: str
    timeline: TimelineView | None
    versions: tuple[VersionView, ...]
    strata: tuple[StratumView, ...]
    accept: AcceptView


async def page(room: Room, call: Call[OfDivergences]) -> DivergencesView:
    """Raises UsageError for a cutover that the file does not have, and for what is no cursor."""
    return await room.read(lambda connection, loaded: _page(connection, loaded, call.query))


def _page(connection: Connection, loaded: Loaded, query: OfDivergences) -> DivergencesView:
    said = {
        name: value for name, value in msgspec.structs.asdict(query).items() if value is not UNSET and value
    }
    if "cutover" in said and said["cutover"] not in loaded.config.cutovers:
        raise UsageError(
            f"there is no cutover `{said['cutover']}`",
            remedy=did_you_mean(said["cutover"], loaded.config.cutovers),
        )
    place = place_at(said.get("after", ""))
    filters = {name: value for name, value in said.items() if name in Filter.__struct_fields__}
    chosen = filter_of(connection, loaded, filters, present=query.epoch == "current")
    if chosen is None:
        return DivergencesView((), None)
    found = listing.listed(connection, chosen, place, query.limit)
    return DivergencesView(tuple(map(divergence_view, found.found)), cursor_of(found.following))


async def one(room: Room, call: Call[Nothing]) -> DivergenceView:
    """Raises NotFound."""
    return await room.read(lambda connection, _: divergence_view(_shown(connection, call).divergence))


async def exemplars(room: Room, call: Call[Nothing]) -> ExemplarsView:
    """Each look at one is written down first. Raises NotFound; what the ledger raises where it cannot be written."""
    found = await room.read(lambda connection, _: exemplars_view(_shown(connection, call)))
    for number, each in enumerate(found.exemplars, start=1):
        await room.looks.note(call.visitor, call.names["id"], number, each)
    return found


async def seen(room: Room, call: Call[Nothing]) -> AppearancesView:
    """Raises NotFound."""
    text = room.source.text()

    def read(connection: Connection, loaded: Loaded) -> AppearancesView:
        found = divergence_detail(connection, loaded, _id(call), text, bodies=False)
        return AppearancesView(
            found.sentence, found.cause, found.timeline, found.versions, found.strata, found.accept
        )

    return await room.read(read)


def _shown(connection: Connection, call: Call[Nothing]) -> Shown:
    try:
        return stored.show(connection, _id(call))
    except UsageError as error:
        raise NotFound(error.what, remedy="`GET /api/v1/divergences` has them all") from None


def _id(call: Call[Nothing]) -> str:
    """The whole id: what part of one fits today, fits two tomorrow. Raises NotFound."""
    said = call.names["id"]
    if len(said) != _DIGITS or not set(said) <= set("0123456789abcdef"):
        raise NotFound(
            f"there is no divergence {said!r}", remedy="an id is twelve hexadecimal digits, in small letters"
        )
    return said
