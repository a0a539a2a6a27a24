"""`strangler cutover resume`: let it go on; with --all, lift the override."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.options import named, of_one_or_all


@click.command(
    help="Let a paused or held cutover go on; with --all, lift the override of `rollback --all`.\n\n"
    "Lifting takes the ledger and control: planes go back to what the ledger says now, and the audit keeps it."
)
@of_one_or_all("Lift the override: planes go by the ledger again.")
def resume(
    config: str,
    cutover: str | None,
    actor: str | None,
    reason: str,
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Resume."""
    from strangler_cli import emergency, session
    from strangler_cli.transitions import done

    if cutover := named(cutover, everything=everything, as_json=as_json):
        return done(config, cutover, "resume", actor, reason, as_json=as_json)
    return emergency.resume(config, actor or session.actor(), reason, yes=yes)
