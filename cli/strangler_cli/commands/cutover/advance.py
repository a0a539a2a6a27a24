"""`strangler cutover advance`: one step on, if the gate agrees."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import of_one


@click.command(
    help="One step on, if the gate agrees: shadow → canary, its steps, candidate, retired.\n\n"
    "Where the policy wants approvals and nothing else is missing, it asks for them; given again once "
    "they are there, it advances.\n\n"
    "Exit code: the gate's (0 passed; 1 blocked; 3 insufficient; 4 paused, frozen or awaiting approval)."
)
@of_one
def advance(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Advance."""
    from strangler_cli.transitions import done

    return done(config, cutover, "advance", actor, reason, as_json=as_json)
