"""`strangler cutover apply`: the next step of a plan."""

from __future__ import annotations

import click

from strangler_cli.options import ACTOR, AS_JSON, REASON


@click.command(
    help="Take the next step of a plan that `strangler cutover plan -o FILE` wrote; again for the step after.\n\n"
    "The gate is asked as by `advance`, and the exit code is its own. A plan is refused (1) where it expired, or the "
    "configuration, the findings or the cutover's standing are no longer what it was made on; a file that is no plan, "
    "or was changed, with 2."
)
@click.argument("file")
@ACTOR
@REASON
@AS_JSON
@click.pass_obj
def apply(config: str, file: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Apply."""
    from strangler.ledger import applying
    from strangler.planned import decoded
    from strangler_cli import session
    from strangler_cli.files import read_bytes
    from strangler_cli.transitions import carried_out, not_overridden

    loaded = session.configuration(config)
    plan = decoded(read_bytes(file), file)
    session.known_cutover(loaded, plan.cutover)
    not_overridden(loaded)
    who = actor or session.actor()
    return carried_out(
        loaded,
        plan.cutover,
        lambda ledger, heard: applying.apply(ledger, loaded, plan, who, reason, session.now_ns(), heard),
        as_json=as_json,
    )
