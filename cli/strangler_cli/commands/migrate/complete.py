"""`strangler migrate complete`: contract."""

from __future__ import annotations

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, one, opened, publish


@click.command(
    help="Contract: the old version goes, the tables take their new form, old columns stay under another name and "
    "are fed, so that rollback still works. NAME: default, the one under way.\n\n"
    "Refused while somebody who uses the old form was seen within `migrations.window`, while something unknown is not "
    "acknowledged, while nothing fresh proves that both forms agree, and while a cutover `keeps` the old form.\n\n"
    "Exit code 0: done; 1: blocked; 2: usage; 3: too little is known; 4: waiting for time, or for a cutover.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@click.option(
    "--force", is_flag=True, help="Do it although something is in the way; wants --reason, and is audited."
)
@click.option("--reason", metavar="TEXT", help="With --force: why.")
@ACTOR
@AS_JSON
def complete(
    config: str,
    database: str | None,
    base: str | None,
    name: str | None,
    *,
    force: bool,
    reason: str | None,
    actor: str | None,
    as_json: bool,
) -> None:
    """Do it."""
    from strangler_cli.contracting import agreement
    from strangler_cli.formats.migration_state import told
    from strangler_migrations import brownout
    from strangler_migrations.running import lifecycle, store

    if force != bool((reason or "").strip()):
        raise click.UsageError("--force wants --reason TEXT, and --reason goes with --force.")
    with opened(config, database, base, actor) as place:
        going = lifecycle.get(place.session, one(place.session, name))
        store.prepare(place.session.connection)
        # What a brownout left is put back first: its views are about to go.
        (brownout.lift if force else brownout.settle)(place.session, going)
        agreed = agreement(place, force=force, reason=reason, as_json=as_json)
        record = lifecycle.complete(place.session, going.name, agreed)
        publish(place, record)
    told(record, as_json=as_json)
