"""`strangler migrate`: a schema from one version to the next, both at work meanwhile; a module per command."""

from __future__ import annotations

import click

from strangler_cli.commands.migrate.baseline import baseline
from strangler_cli.commands.migrate.brownout import brownout
from strangler_cli.commands.migrate.complete import complete
from strangler_cli.commands.migrate.django import django
from strangler_cli.commands.migrate.drop import drop
from strangler_cli.commands.migrate.history import history
from strangler_cli.commands.migrate.lint import lint
from strangler_cli.commands.migrate.pause import pause
from strangler_cli.commands.migrate.plan import plan
from strangler_cli.commands.migrate.readers import readers
from strangler_cli.commands.migrate.repair import repair
from strangler_cli.commands.migrate.resume import resume
from strangler_cli.commands.migrate.rollback import rollback
from strangler_cli.commands.migrate.schema import schema
from strangler_cli.commands.migrate.start import start
from strangler_cli.commands.migrate.status import status
from strangler_cli.commands.migrate.verify import verify


@click.group(
    help="Change the schema of a PostgreSQL database (14 to 18) while both versions of its applications work.\n\n"
    "start (expand, backfill, verify) → complete (contract) → drop. Until drop, rollback takes all of it back. Each "
    "version of the applications sees its own tables, through a schema of views that it names in its search_path. "
    "Files are in pgroll's format.",
)
def command() -> None:
    """The group."""


for _each in (
    lint,
    baseline,
    plan,
    start,
    pause,
    resume,
    readers,
    brownout,
    repair,
    complete,
    drop,
    rollback,
    status,
    history,
    verify,
    schema,
    django,
):
    command.add_command(_each)
