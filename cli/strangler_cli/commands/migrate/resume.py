"""`strangler migrate resume`: the backfill goes on."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, on_a_database, one, opened


@click.command(
    help="Let the backfill go on that `migrate pause` holds up. Where it runs no more, `migrate start` goes on with "
    "it. NAME: default, the migration under way.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@ACTOR
def resume(
    config: str, database: str | None, base: str | None, name: str | None, *, actor: str | None
) -> None:
    """Do it."""
    from strangler_cli.screen import Screen
    from strangler_migrations.running import pausing
    from strangler_migrations.running.lifecycle import get

    with opened(config, database, base, actor) as place:
        record = get(place.session, one(place.session, name))
        pausing.resume(place.session, record)
    Screen().line(f"{record.name} is {record.state.value}, and its backfill goes on")
