"""`strangler migrate drop`: the end of the grace time."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, one, opened, publish


@click.command(
    help="End the grace time of a migration that is complete: old columns and tables are dropped. There is no way back "
    "from here, and the next migration may start.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@ACTOR
@AS_JSON
def drop(
    config: str, database: str | None, base: str | None, name: str | None, *, actor: str | None, as_json: bool
) -> None:
    """Do it."""
    from strangler_cli.formats.migration_state import told
    from strangler_migrations.running import lifecycle

    with opened(config, database, base, actor) as place:
        record = lifecycle.drop(place.session, one(place.session, name))
        publish(place, record)
    told(record, as_json=as_json)
