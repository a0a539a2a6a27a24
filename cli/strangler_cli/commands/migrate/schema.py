"""`strangler migrate schema`: the JSON Schema of a migration's file."""

from __future__ import annotations

import click


@click.command(
    help="Print the JSON Schema of a migration's file (2020-12), for editors that complete and check YAML."
)
def schema() -> None:
    """Print it."""
    from strangler_cli.formats.as_json import dumped
    from strangler_migrations.schema import json_schema

    click.echo(dumped(json_schema()))
