"""`strangler migrate django`: which Django migrations are pending."""

from __future__ import annotations

from pathlib import Path

import click

from strangler_cli.migrating import AS_JSON, on_a_database, opened


@click.command(
    help="List the Django migrations below FOLDER (APP/migrations/*.py) that the database has not: by the table "
    "django_migrations, read only. Apps are called as their folders. Needs no Django.\n\n"
    "Exit code 0: none is pending; 1: some are; 2: usage.",
)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FOLDER…")
@on_a_database
@AS_JSON
def django(
    config: str, database: str | None, base: str | None, folders: tuple[Path, ...], *, as_json: bool
) -> int:
    """List them."""
    from strangler.views.words import counted
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen
    from strangler_migrations.bridges.django import files, standing
    from strangler_migrations.running.session import path_set

    known = list(files(folders))
    with opened(config, database, base) as place, path_set(place.session):
        found = standing(place.session.connection, known)
    if as_json:
        pending = [{"app": each.app, "name": each.name, "file": each.file} for each in found.pending]
        click.echo(dumped({"applied": found.applied, "pending": pending, "absent": list(found.absent)}))
        return 1 if found.pending else 0
    screen = Screen()
    for each in found.pending:
        screen.line(f"pending: {each.app}.{each.name} ({each.file})", "warn")
    for name in found.absent:
        screen.line(f"applied, and no file is it: {name}", "dim")
    words = f"{counted(found.applied, 'migration')} applied, {len(found.pending):,} pending"
    screen.line(words, "warn" if found.pending else "good")
    return 1 if found.pending else 0
