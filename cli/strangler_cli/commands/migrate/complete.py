"""`strangler migrate complete`: contract."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, one, opened, publish


@click.command(
    help="Contract: the old version goes, the tables take their new form, old columns stay under another name and "
    "are fed, so that rollback still works. NAME: default, the one under way.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@ACTOR
@AS_JSON
def complete(
    config: str, database: str | None, base: str | None, name: str | None, *, actor: str | None, as_json: bool
) -> None:
    """Do it."""
    from strangler_cli.formats.migration_state import told
    from strangler_migrations.running import lifecycle

    with opened(config, database, base, actor) as place:
        record = lifecycle.complete(place.session, one(place.session, name))
        publish(place, record)
    told(record, as_json=as_json)
