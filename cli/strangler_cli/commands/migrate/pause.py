"""`strangler migrate pause`: the backfill waits."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, on_a_database, one, opened


@click.command(
    help="Hold the backfill of a migration up, wherever it runs: after the range it is at, which takes well under a "
    "second. `migrate resume` ends that. Both are in the history. NAME: default, the migration under way.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever looks at it.")
@ACTOR
def pause(
    config: str, database: str | None, base: str | None, name: str | None, *, reason: str, actor: str | None
) -> None:
    """Do it."""
    from strangler_cli.screen import Screen
    from strangler_migrations.running import pausing
    from strangler_migrations.running.lifecycle import get

    with opened(config, database, base, actor) as place:
        record = get(place.session, one(place.session, name))
        pausing.pause(place.session, record, reason)
    Screen().line(f"{record.name} is {record.state.value}, and its backfill is paused")
