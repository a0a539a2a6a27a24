"""`strangler migrate rollback`: back to what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, one, opened, proven, publish

if TYPE_CHECKING:
    from strangler_migrations.running.store import Record


@click.command(
    help="Take a migration back, from every state until drop; what was interrupted goes on.\n\n"
    "Rows that the new version wrote stay, in their old form; tables that it made go, with their rows. Refused where "
    "nothing undoes a statement of the file, and in the grace time where the old columns, compared once more, would "
    "give back other values than the rows have now.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@click.option("--allow-loss", is_flag=True, help="Take it back although rows would have other values.")
@ACTOR
@AS_JSON
def rollback(
    config: str,
    database: str | None,
    base: str | None,
    name: str | None,
    *,
    allow_loss: bool,
    actor: str | None,
    as_json: bool,
) -> None:
    """Do it."""
    from strangler_cli.formats.migration_state import told
    from strangler_migrations import brownout
    from strangler_migrations.contract import refuse_loss
    from strangler_migrations.running import lifecycle, store
    from strangler_migrations.running.states import State

    with opened(config, database, base, actor) as place:
        going = lifecycle.get(place.session, one(place.session, name))
        store.prepare(place.session.connection)
        brownout.lift(place.session, going)

        def begins(record: Record) -> None:
            if going.state is State.CONTRACTED and not allow_loss:
                refuse_loss(going.name, proven(place, going))
            publish(place, record)

        record = lifecycle.rollback(place.session, going.name, begins)
        publish(place, record)
    told(record, as_json=as_json)
