"""`strangler cutover pause`: let it stay where it is."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import of_one


@click.command(
    help="Let it stay where it is. Traffic goes on as it does; `advance` is refused; a rollback never is, "
    "and control goes on rolling back by itself."
)
@of_one
def pause(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Pause."""
    from strangler_cli.transitions import done

    return done(config, cutover, "pause", actor, reason, as_json=as_json)
