"""`strangler migrate plan`: what a migration would do, phase by phase; nothing is touched."""

from __future__ import annotations

from pathlib import Path

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened


@click.command(
    help="Show, per phase, every statement with the lock it takes, what it reads and how long that may take, and who "
    "would be in the way now. Nothing is changed.\n\n"
    "Then what would be in the way of `complete`, as things are. What cannot be done without downtime is refused, "
    "with the safe way. Of several files, or a folder of them, each is planned over what the one before leaves.",
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
    from strangler_cli.formats.migration_plan import as_object, ended, in_the_way, printed, script
    from strangler_migrations.migration import files as found
    from strangler_migrations.migration import load
    from strangler_migrations.running.checking import looked
    from strangler_migrations.running.sequence import in_turn

    loaded = [load(file) for file in found(map(Path, files))]
    with opened(config, database, base) as place:
        plans = in_turn(place.session, loaded)
        if as_sql:
            for each in plans:
                click.echo(script(each))
            return
        # Of a sequence only the first is over the database as it is: its rows and its clients can be asked.
        asked = [
            (each, looked(place.session, each), contracting.verdict_beforehand(place, each))
            for each in plans[:1]
        ]
        if as_json:
            from strangler_cli.formats.as_json import dumped

            first = [
                {**as_object(each, rows), "contract": contracting.as_object(place, verdict)}
                for each, rows, verdict in asked
            ]
            later = [{**as_object(each), "contract": None} for each in plans[1:]]
            held = in_the_way(place.session, plans)
            click.echo(dumped({"plans": [*first, *later], "in_the_way": held}))
            return
        from strangler_cli.screen import Screen

        screen = Screen()
        for each, rows, verdict in asked:
            printed(screen, each, rows)
            contracting.as_text(screen, place, verdict, "`complete` would be refused as things are")
        for each in plans[1:]:
            screen.line()
            printed(screen, each)
        ended(screen, place.session, plans)
