"""`strangler cutover hold`: for a while nothing moves by itself."""

from __future__ import annotations

import click

from strangler_cli.options import ACTOR, AS_JSON, Duration


@click.command(
    help="For some time nothing moves by itself: it does not advance, and statistics do not roll it back, so that "
    "people can look into what they say. A wrong amount that reached a customer rolls back all the same, and so does "
    "`rollback`.\n\n"
    "It ends by itself, or by `resume`. `pause` keeps it from advancing without an end, and leaves the automatic "
    "rollback as it is."
)
@click.argument("cutover")
@click.option(
    "--for",
    "length",
    metavar="DURATION",
    type=Duration(),
    required=True,
    help="For how long, such as 30m or 2h; three days at most.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why; `status` and the audit show it.")
@ACTOR
@AS_JSON
@click.pass_obj
def hold(config: str, cutover: str, length: int, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Hold."""
    from strangler.errors import UsageError
    from strangler_cli import session
    from strangler_cli.transitions import done

    if not reason.strip():
        raise UsageError("a reason is missing", remedy="say with --reason what people look into")
    until = session.now_ns() + length
    return done(config, cutover, "hold", actor, reason, until_ns=until, as_json=as_json)
