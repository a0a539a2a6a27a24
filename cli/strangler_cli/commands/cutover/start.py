"""`strangler cutover start`: the candidate is asked beside legacy."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import of_one


@click.command(help="legacy → shadow: the candidate is asked the same beside legacy; clients notice nothing.")
@of_one
def start(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Start."""
    from strangler_cli.transitions import done

    return done(config, cutover, "start", actor, reason, as_json=as_json)
