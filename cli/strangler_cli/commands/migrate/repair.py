"""`strangler migrate repair`: what is left of migrations that broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler_migrations.repair import Finding


@click.command(
    help="Find what is left of migrations that broke, and take it away: leases of dead processes, triggers, functions, "
    "constraints, invalid indexes and schemas of versions that no migration under way has; versions in use whose "
    "schema is gone are made anew. Columns and tables that hold values are named, with how many, and stay unless "
    "--drop-data names them.\n\n"
    "Begin with --dry-run. Exit code 0: nothing is left; 1: something is.",
)
@on_a_database
@click.option("--dry-run", is_flag=True, help="Only say what was found, and what would be done.")
@click.option(
    "--drop-data",
    "drop_data",
    multiple=True,
    metavar="NAME",
    help="Drop this column (TABLE.COLUMN) or table with its values, as --dry-run names it; may be given several times.",
)
@ACTOR
@AS_JSON
def repair(
    config: str,
    database: str | None,
    base: str | None,
    *,
    dry_run: bool,
    drop_data: tuple[str, ...],
    actor: str | None,
    as_json: bool,
) -> int:
    """Do it."""
    from strangler_migrations.repair import find, mend

    if dry_run and drop_data:
        raise click.UsageError("--dry-run drops nothing; say either.")
    with opened(config, database, base, actor) as place:
        session = place.session
        found = [(each, False) for each in find(session)] if dry_run else mend(session, drop_data)
    _print(found, dry_run=dry_run, as_json=as_json)
    return 0 if all(done for _, done in found) else 1


def _print(found: Sequence[tuple[Finding, bool]], *, dry_run: bool, as_json: bool) -> None:
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen

    if as_json:
        click.echo(dumped({"findings": [_object(each, done=done) for each, done in found]}))
        return
    screen = Screen()
    for each, done in found:
        screen.line(f"{each.kind} {each.name}: {each.what}", "good" if done else "warn")
        screen.line(f"    {_told(each, done=done, dry_run=dry_run)}")
    if not found:
        screen.line("nothing is left of any migration", "good")


def _told(finding: Finding, *, done: bool, dry_run: bool) -> str:
    sql = "; ".join(each.sql for each in finding.statements)
    if done:
        return f"done: {sql}"
    if not finding.statements:
        return finding.remedy
    if finding.data:
        return f"stays, unless: strangler migrate repair --drop-data {_quoted(finding.name)}"
    return f"would do: {sql}" if dry_run else f"not done: {sql}"


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _object(finding: Finding, *, done: bool) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "name": finding.name,
        "what": finding.what,
        "sql": [each.sql for each in finding.statements],
        "remedy": finding.remedy,
        "data": finding.data,
        "done": done,
    }
