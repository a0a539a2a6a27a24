"""`strangler migrate baseline`: the database as it is becomes version zero."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, opened, publish


@click.command(
    help="Give the database as it is a name, as version zero: a schema of views over its tables, which clients may "
    "name in their search_path from now on, so that `readers` knows them. No table is changed, and nothing has to use "
    "it. pgroll's state is read and said.\n\n"
    "Refused once there are migrations, and while pgroll has one under way.",
)
@click.argument("name", metavar="NAME")
@on_a_database
@ACTOR
@AS_JSON
def baseline(
    config: str, database: str | None, base: str | None, name: str, *, actor: str | None, as_json: bool
) -> None:
    """Do it."""
    from strangler_cli.formats.migration_state import told
    from strangler_cli.screen import Screen
    from strangler_migrations.running.baseline import baseline as baseline_
    from strangler_migrations.sql.names import ident

    with opened(config, database, base, actor) as place:
        record = baseline_(place.session, name)
        publish(place, record)
        path = f"{ident(record.version)}, {ident(record.base)}"
    if as_json:
        told(record, as_json=True)
    else:
        Screen().line(f"{record.name} is version zero: SET search_path = {path}", "good")
