"""Migrations; with a name, that one in full, else the one under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler_dashboard.models.migrations import migrations_view

if TYPE_CHECKING:
    from strangler_dashboard.models.migrations import MigrationsView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(room: Room, asked: Asked) -> MigrationsView:
    """Where they stand. Raises NotFound."""
    looked = await room.migrated()
    name = asked.path.get("migration")
    return await room.read(lambda connection, loaded: migrations_view(connection, loaded, looked, name))
