"""`strangler schema`: the JSON Schema of the configuration."""

from __future__ import annotations

import click


@click.command(
    help="Print the JSON Schema of strangler.yaml (2020-12), for editors that complete and check YAML."
)
def command() -> None:
    """Print it."""
    import json

    from strangler.config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
