"""`strangler migrate rollback`: back to what was."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, one, opened, publish


@click.command(
    help="Take a migration back, from every state until drop; what was interrupted goes on.\n\n"
    "Rows that the new version wrote stay, in their old form; tables that it made go, with their rows. Refused where "
    "nothing undoes a statement of the file.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@ACTOR
@AS_JSON
def rollback(
    config: str, database: str | None, base: str | None, name: str | None, *, actor: str | None, as_json: bool
) -> None:
    """Do it."""
    from strangler_cli.formats.migration_state import told
    from strangler_migrations import brownout
    from strangler_migrations.running import lifecycle, store

    with opened(config, database, base, actor) as place:
        going = lifecycle.get(place.session, one(place.session, name))
        store.prepare(place.session.connection)
        brownout.lift(place.session, going)
        record = lifecycle.rollback(place.session, going.name, lambda record: publish(place, record))
        publish(place, record)
    told(record, as_json=as_json)
