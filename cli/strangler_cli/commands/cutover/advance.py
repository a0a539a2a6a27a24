"""`strangler cutover advance`: one step on, if the gate agrees."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import of_one


@click.command(
    help="One step on, if the gate agrees: shadow → canary, its steps, candidate, retired.\n\n"
    "Exit code: the gate's (0 passed; 1 blocked; 3 insufficient; 4 paused)."
)
@of_one
def advance(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Advance."""
    from strangler_cli.transitions import done

    return done(config, cutover, "advance", actor, reason, as_json=as_json)
