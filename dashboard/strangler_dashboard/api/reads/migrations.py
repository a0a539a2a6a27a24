"""Migrations: how far each is, who uses the old form, and why its contract is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.migrations import MigrationsView, MigrationView, migrations_view

if TYPE_CHECKING:
    from strangler_dashboard.api.endpoint import Call, Nothing
    from strangler_dashboard.room import Room


async def all_of_them(room: Room, _call: Call[Nothing]) -> MigrationsView:
    """In a line each, and the one under way in full."""
    return await _looked(room, None)


async def one(room: Room, call: Call[Nothing]) -> MigrationView:
    """Raises NotFound."""
    name = call.names["migration"]
    shown = (await _looked(room, name)).shown
    if shown is None:
        raise NotFound(f"there is no migration `{name}`", remedy="`GET /api/v1/migrations` has them all")
    return shown


async def _looked(room: Room, name: str | None) -> MigrationsView:
    looked = await room.migrated()
    return await room.read(lambda connection, loaded: migrations_view(connection, loaded, looked, name))
