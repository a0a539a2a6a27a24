"""`strangler migrate plan`: what a migration would do, phase by phase; nothing is touched."""

from __future__ import annotations

from pathlib import Path

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened


@click.command(
    help="Show, per phase, every statement with the lock it takes, what it reads and how long that may take, and who "
    "would be in the way now. Nothing is changed.\n\n"
    "Then what would be in the way of `complete`, as things are. What cannot be done without downtime is refused, "
    "with the safe way. Each file is planned over the database as it is.",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@on_a_database
@click.option("--sql", "as_sql", is_flag=True, help="Only the statements, as a script to read.")
@AS_JSON
def plan(
    config: str,
    database: str | None,
    base: str | None,
    files: tuple[str, ...],
    *,
    as_sql: bool,
    as_json: bool,
) -> None:
    """Print it."""
    from strangler_cli import contracting
    from strangler_cli.formats.migration_plan import as_object, printed, script
    from strangler_migrations.migration import files as found
    from strangler_migrations.migration import load
    from strangler_migrations.running.checking import looked
    from strangler_migrations.running.lifecycle import planned

    loaded = [load(file) for file in found(map(Path, files))]
    with opened(config, database, base) as place:
        plans = [planned(place.session, each) for each in loaded]
        if as_sql:
            for each in plans:
                click.echo(script(each))
            return
        asked = [(each, contracting.verdict_beforehand(place, each)) for each in plans]
        if as_json:
            from strangler_cli.formats.as_json import dumped

            rows = [
                {
                    **as_object(each, looked(place.session, each)),
                    "contract": contracting.as_object(place, verdict),
                }
                for each, verdict in asked
            ]
            click.echo(dumped({"plans": rows}))
            return
        from strangler_cli.screen import Screen

        for each, verdict in asked:
            screen = Screen()
            printed(screen, each, place.session, looked(place.session, each))
            contracting.as_text(screen, place, verdict, "`complete` would be refused as things are")
