"""`strangler cutover rollback`: back to legacy, one or all."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import named, of_one_or_all


@click.command(
    help="Back to shadow: legacy answers everybody, the candidate goes on being compared. Always permitted.\n\n"
    "With --all, every cutover at once, for an emergency: it writes an override into the state folder, which planes "
    "follow within a second even while ledger and control are away, and until `resume --all` lifts it. Phases in the "
    "ledger stay as they are; `advance` is refused meanwhile; a retired cutover stays with the candidate."
)
@of_one_or_all("Every cutover, now, without ledger or control.")
def rollback(
    config: str,
    cutover: str | None,
    actor: str | None,
    reason: str,
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Roll back."""
    from strangler_cli import emergency, session
    from strangler_cli.transitions import done

    if cutover := named(cutover, everything=everything, as_json=as_json):
        return done(config, cutover, "rollback", actor, reason, as_json=as_json)
    return emergency.roll_back(config, actor or session.actor(), reason, yes=yes)
