"""`strangler migrate status`: where every migration stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened, publish

if TYPE_CHECKING:
    from strangler.gate import Verdict
    from strangler_cli.migrating import Place


@click.command(
    help="Show where every migration stands, how far its backfill is, what is next, and what is in the way of "
    "`complete`. Looks at who uses the old form, and tells the ledger."
)
@on_a_database
@AS_JSON
def status(config: str, database: str | None, base: str | None, *, as_json: bool) -> None:
    """Show it."""
    from strangler_cli import contracting
    from strangler_cli.contracting import verdict_at_rest
    from strangler_cli.formats.migration_state import Standing, as_object, listed
    from strangler_cli.screen import Screen
    from strangler_migrations.readers.standing import BOTH
    from strangler_migrations.running import pausing, store
    from strangler_migrations.running.checking import recorded

    with opened(config, database, base) as place:
        connection = place.session.connection
        known = store.migrations(connection)
        found = [
            Standing(
                each,
                store.fillings(connection, each.name),
                recorded(connection, each.name),
                pausing.shown(connection, each),
            )
            for each in known
        ]
        publish(place, *known)
        verdicts = {each.name: verdict_at_rest(place, each) for each in known if each.state in BOTH}
        if as_json:
            from strangler_cli.formats.as_json import dumped

            rows = [
                {**as_object(each), "contract": _contract(place, verdicts.get(each.record.name))}
                for each in found
            ]
            click.echo(dumped({"migrations": rows}))
            return
        screen = Screen()
        listed(screen, found)
        for verdict in filter(None, verdicts.values()):
            screen.line()
            contracting.as_text(screen, place, verdict, "`complete` would be refused")


def _contract(place: Place, verdict: Verdict | None) -> dict[str, Any] | None:
    from strangler_cli.contracting import as_object

    return None if verdict is None else as_object(place, verdict)
