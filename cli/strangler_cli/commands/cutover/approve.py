"""`strangler cutover approve`: agree to a step that somebody else asked for."""

from __future__ import annotations

import click

from strangler_cli.options import ACTOR, REASON


@click.command(
    help="Agree to the next step, which somebody else asked for by `advance` or `apply`.\n\n"
    "It holds for that step, on the findings as they are now, until `policy.approvals_expire` is over. Who asked "
    "cannot approve, and nobody counts twice. PLAN_ID: the beginning of the id; not needed where one thing is asked."
)
@click.argument("cutover")
@click.argument("plan_id", required=False, default="")
@click.option("--withdraw", is_flag=True, help="Take back what you approved.")
@ACTOR
@REASON
@click.pass_obj
def approve(
    config: str, cutover: str, plan_id: str, actor: str | None, reason: str, *, withdraw: bool
) -> None:
    """Approve, or take it back."""
    from strangler.ledger import approvals
    from strangler.ledger.approving import agree
    from strangler_cli import session

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    who, now = actor or session.actor(), session.now_ns()
    with session.ledger_of(loaded) as ledger, ledger.begin() as connection:
        if withdraw:
            found = approvals.withdraw(connection, cutover, plan_id, who, reason, now)
            words = [f"{request.leads_to} ({request.plan[:12]}): {who} agrees no more" for request in found]
            lines = words or [f"{cutover}: {who} has approved nothing; nothing changed"]
        else:
            request, new = agree(connection, loaded, cutover, plan_id, who, reason, now)
            told = f"{cutover}: {who} {'agrees' if new else 'has agreed already'} to {request.leads_to}"
            lines = [f"{told} ({request.plan[:12]}), which {request.asker} asked for"]
    for line in lines:
        click.echo(line)
