"""`strangler migrate readers`: who still uses the old form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, opened

if TYPE_CHECKING:
    from strangler_cli.migrating import Place

_MIGRATION = click.option("--migration", metavar="NAME", help="The migration; default: the one under way.")


@click.group(
    invoke_without_command=True,
    help="Show who still uses the old form of what a migration changes: role, application, address, when last. Clients "
    "that read through the old version's views are known by a mark of their session, writers by the triggers. What "
    "nobody can see is listed as unknown, by name, and `complete` is refused until it is acknowledged.",
)
@on_a_database
@_MIGRATION
@click.option("--watch", is_flag=True, help="Look again every ten seconds, until Ctrl-C.")
@AS_JSON
@click.pass_context
def readers(
    context: click.Context,
    /,
    config: str,
    database: str | None,
    base: str | None,
    migration: str | None,
    *,
    watch: bool,
    as_json: bool,
) -> None:
    """Show them, once or again and again."""
    if context.invoked_subcommand is not None:
        if database or base or migration or watch or as_json:
            raise click.UsageError(f"options of `{context.invoked_subcommand}` stand behind it.")
        return
    from strangler.errors import Unreachable
    from strangler_cli import session
    from strangler_cli.screen import visible
    from strangler_migrations.readers.watch import EVERY_S

    def shown() -> None:
        with opened(config, database, base) as place:
            _show(place, migration, as_json=as_json)

    shown()
    while watch:
        session.pause(EVERY_S)
        try:
            shown()
        except Unreachable as error:
            # Who is left to look for a month outlives a restart of the server.
            click.echo(visible(str(error)), err=True)


def _show(place: Place, migration: str | None, *, as_json: bool) -> None:
    from strangler_cli.formats import readers as forms
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.migrating import one
    from strangler_cli.screen import Screen
    from strangler_migrations.brownout import settled
    from strangler_migrations.readers import standing
    from strangler_migrations.running.lifecycle import get
    from strangler_migrations.running.session import refusals

    record = get(place.session, one(place.session, migration))
    with refusals("looking at who uses the old form"):
        found = standing(place.session.connection, record)
        last = settled(place.session, record)
    if as_json:
        click.echo(dumped(forms.as_object(found, last)))
        return
    screen = Screen()
    forms.as_text(screen, found, last)
    screen.flush()


@readers.command(
    help="Say that something unknown does not need the old form any more, or never did. NAME is as `readers` shows it. "
    "It holds for this migration, and as long as that thing stays as it is. With an audit entry.",
)
@click.argument("name", metavar="NAME")
@on_a_database
@_MIGRATION
@click.option("--reason", required=True, metavar="TEXT", help="How you know.")
@ACTOR
def acknowledge(
    config: str,
    database: str | None,
    base: str | None,
    name: str,
    *,
    migration: str | None,
    reason: str,
    actor: str | None,
) -> None:
    """Acknowledge."""
    from strangler_cli.migrating import audited, one
    from strangler_cli.screen import Screen
    from strangler_migrations.readers import acknowledge as acknowledge_
    from strangler_migrations.readers import old_form
    from strangler_migrations.running import store
    from strangler_migrations.running.lifecycle import get

    with opened(config, database, base, actor) as place:
        session = place.session
        record = get(session, one(session, migration))
        store.prepare(session.connection)
        with audited(place, "migration.acknowledged", record.name, reason, {"unknown": name}):
            acknowledge_(session, old_form(session.connection, record), name, reason)
    Screen().line(f"{record.name}: `{name}` is acknowledged by {session.actor}")
