"""`strangler migrate history`: what was done, when and by whom."""

from __future__ import annotations

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened


@click.command(help="Show what was done, when and by whom; of one migration, or of all.")
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@AS_JSON
def history(config: str, database: str | None, base: str | None, name: str | None, *, as_json: bool) -> None:
    """Show it."""
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Column, Screen
    from strangler_migrations.running.store import history as events

    with opened(config, database, base) as place:
        found = events(place.session.connection, name)
    if as_json:
        fields = ("migration", "event", "actor", "detail")
        rows = [{"at": each.at.isoformat(), **{key: getattr(each, key) for key in fields}} for each in found]
        click.echo(dumped({"history": rows}))
        return
    screen = Screen()
    columns = [Column("at"), Column("migration"), Column("now"), Column("by")]
    screen.table(columns, [[f"{e.at:%Y-%m-%d %H:%M:%S}", e.migration, e.event, e.actor] for e in found])
    if not found:
        screen.line("nothing yet")
