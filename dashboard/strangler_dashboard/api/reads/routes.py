"""Routes: what is compared, and as part of which cutover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.routing.safety import reads_only
from strangler.views.status import RouteView, cutover_view
from strangler_dashboard.errors import NotFound

if TYPE_CHECKING:
    from strangler_dashboard.api.endpoint import Call, Nothing
    from strangler_dashboard.models.board import Taken
    from strangler_dashboard.room import Room


class RouteOfFile(msgspec.Struct, frozen=True):
    """A route of the file. `cutover`: null where it is part of none, and then nothing of it is counted; `present`: its
    figures in the cutover's present epoch, as `strangler status --json` has them.
    """

    name: str
    cutover: str | None
    reads_only: bool
    phase: str | None
    weight_basis_points: int | None
    present: RouteView | None


class RoutesView(msgspec.Struct, frozen=True):
    """Every route of the file."""

    routes: tuple[RouteOfFile, ...]


async def all_of_them(room: Room, _call: Call[Nothing]) -> RoutesView:
    """In the order of the file."""
    return _routes(await room.snapshot.get())


async def one(room: Room, call: Call[Nothing]) -> RouteOfFile:
    """Raises NotFound."""
    name = call.names["route"]
    found = next((each for each in _routes(await room.snapshot.get()).routes if each.name == name), None)
    if found is None:
        raise NotFound(f"there is no route `{name}`", remedy="`GET /api/v1/routes` has them all")
    return found


def _routes(taken: Taken) -> RoutesView:
    config = taken.loaded.config
    standing = {entry.state.name: cutover_view(entry, taken.loaded) for entry in taken.standing.cutovers}
    out: list[RouteOfFile] = []
    for name, route in config.routes.items():
        cutover = standing.get(config.cutover_of(name))
        present = next((each for each in cutover.routes if each.name == name), None) if cutover else None
        out.append(
            RouteOfFile(
                name=name,
                cutover=cutover.name if cutover else None,
                reads_only=reads_only(route),
                phase=cutover.phase if cutover else None,
                weight_basis_points=cutover.weight_basis_points if cutover else None,
                present=present,
            )
        )
    return RoutesView(tuple(out))
