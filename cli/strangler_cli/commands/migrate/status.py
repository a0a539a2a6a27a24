"""`strangler migrate status`: where every migration stands."""

from __future__ import annotations

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened, publish


@click.command(
    help="Show where every migration stands, how far its backfill is, and what is next. Tells the ledger."
)
@on_a_database
@AS_JSON
def status(config: str, database: str | None, base: str | None, *, as_json: bool) -> None:
    """Show it."""
    from strangler_cli.formats.migration_state import as_object, listed
    from strangler_cli.screen import Screen
    from strangler_migrations.readers.watch import glance
    from strangler_migrations.running import store
    from strangler_migrations.running.checking import recorded
    from strangler_migrations.running.session import refusals

    with opened(config, database, base) as place:
        connection = place.session.connection
        with refusals("looking at who uses the old form"):
            glance(connection)
        found = [
            (each, store.fillings(connection, each.name), recorded(connection, each.name))
            for each in store.migrations(connection)
        ]
        publish(place, *(record for record, _, _ in found))
    if as_json:
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"migrations": [as_object(*each) for each in found]}))
        return
    listed(Screen(), found)
