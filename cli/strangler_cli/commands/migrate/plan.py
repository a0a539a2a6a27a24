"""`strangler migrate plan`: what a migration would do, phase by phase; nothing is touched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strangler.gate import Verdict
    from strangler_cli.formats.migration_plan import Looked
    from strangler_cli.migrating import Place
    from strangler_migrations.migration import Loaded
    from strangler_migrations.plan import Plan
    from strangler_migrations.probe import Probe
    from strangler_migrations.running.session import Session


@click.command(
    help="Show, per phase, every statement with the lock it takes, what it reads and how long that may take, and who "
    "would be in the way now. Nothing is changed.\n\n"
    "Then what would be in the way of `complete`, as things are. What cannot be done without downtime is refused, "
    "with the safe way. Of several files, or a folder of them, each is planned over what the one before leaves.",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@on_a_database
@click.option(
    "--probe",
    "probing",
    is_flag=True,
    help="Read the statements of pg_stat_statements over each version's views, and list those that none can serve.",
)
@click.option(
    "--statements",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read those of a file of SQL instead ($1 for what differs from call to call).",
)
@click.option("--sql", "as_sql", is_flag=True, help="Only the statements, as a script to read.")
@AS_JSON
def plan(
    config: str,
    database: str | None,
    base: str | None,
    files: tuple[str, ...],
    *,
    probing: bool,
    statements: Path | None,
    as_sql: bool,
    as_json: bool,
) -> None:
    """Print it."""
    from strangler_cli.formats.migration_plan import script
    from strangler_migrations.migration import files as found
    from strangler_migrations.migration import load
    from strangler_migrations.running.sequence import in_turn

    loaded = [load(file) for file in found(map(Path, files))]
    with opened(config, database, base) as place:
        plans = in_turn(place.session, loaded)
        if as_sql:
            for each in plans:
                click.echo(script(each))
            return
        probes = _probes(place.session, plans, loaded, statements) if probing or statements else {}
        (_printed_json if as_json else _printed)(place, plans, probes)


def _probes(
    session: Session, plans: Sequence[Plan], loaded: Sequence[Loaded], statements: Path | None
) -> dict[str, Probe]:
    from strangler_migrations.probe import of_file, of_server, probe

    observed = of_server(session.connection) if statements is None else of_file(statements)
    files = {each.name: each for each in loaded}
    return {each.name: probe(session, each, files[each.name], observed) for each in plans}


def _first(place: Place, plans: Sequence[Plan]) -> tuple[Looked, Verdict | None]:
    """Of a sequence only the first is over the database as it is: its rows and its clients can be asked."""
    from strangler_cli import contracting
    from strangler_migrations.running.checking import looked

    if not plans:
        return (), None
    return looked(place.session, plans[0]), contracting.verdict_beforehand(place, plans[0])


def _printed_json(place: Place, plans: Sequence[Plan], probes: Mapping[str, Probe]) -> None:
    from strangler_cli import contracting
    from strangler_cli.formats import probe as forms
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.formats.migration_plan import as_object, in_the_way

    rows, verdict = _first(place, plans)
    found = [
        {
            **as_object(each, rows if number == 0 else ()),
            "contract": contracting.as_object(place, verdict) if number == 0 and verdict else None,
            "probe": forms.as_object(probes[each.name]) if probes else None,
        }
        for number, each in enumerate(plans)
    ]
    click.echo(dumped({"plans": found, "in_the_way": in_the_way(place.session, plans)}))


def _printed(place: Place, plans: Sequence[Plan], probes: Mapping[str, Probe]) -> None:
    from strangler_cli import contracting
    from strangler_cli.formats import probe as forms
    from strangler_cli.formats.migration_plan import ended, printed
    from strangler_cli.screen import Screen

    screen = Screen()
    rows, verdict = _first(place, plans)
    for number, each in enumerate(plans):
        if number:
            screen.line()
        printed(screen, each, () if number else rows)
        if not number and verdict is not None:
            contracting.as_text(screen, place, verdict, "`complete` would be refused as things are")
        if each.name in probes:
            forms.as_text(screen, probes[each.name])
    ended(screen, place.session, plans)
