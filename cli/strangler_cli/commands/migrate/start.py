"""`strangler migrate start`: expand, backfill, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, opened, proven, publish
from strangler_cli.throttling import throttle_of, throttled


@click.command(
    help="Expand, backfill and verify: afterwards the applications of both versions work, and every row has both "
    "forms. What was interrupted goes on where it was.\n\n"
    "Refused before anything is changed: wrong expressions, missing rights, a `down` that does not invert `up` on a "
    "sample of the rows, a table without a primary key, a standby. No statement queues for longer than "
    "`migrations.lock_timeout`; it says whom it waits for.",
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@on_a_database
@throttled
@click.option("--allow-loss", is_flag=True, help="Start although `down` does not give back what `up` took.")
@ACTOR
@AS_JSON
def start(
    config: str,
    database: str | None,
    base: str | None,
    file: Path,
    *,
    allow_loss: bool,
    actor: str | None,
    as_json: bool,
    **bounds: Any,
) -> None:
    """Start it."""
    from strangler_cli.formats.migration_state import told
    from strangler_cli.formats.migration_watch import watching
    from strangler_migrations.migration import load
    from strangler_migrations.readers.watch import beside
    from strangler_migrations.running.lifecycle import start as start_
    from strangler_migrations.running.session import MigrationFailed

    migration = load(file)
    with opened(config, database, base, actor) as place, watching() as watch:
        throttle = throttle_of(place.settings, bounds)
        glance = beside(place.session.connection, place.session.monotonic)

        def watched(table: str, rows: int, total: int, rate: float | None) -> None:
            watch(table, rows, total, rate)
            glance()

        record = start_(place.session, migration, throttle, watched, allow_loss=allow_loss)
        glance()
        try:
            proven(place, record)
        except MigrationFailed as error:
            place.session.tell(f"both forms were not compared, `complete` will ask for it: {error}")
        publish(place, record)
    told(record, as_json=as_json)
