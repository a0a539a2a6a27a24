"""`strangler cutover approvals`: what was asked, and who agreed."""

from __future__ import annotations

import click


@click.command(help="Show what approval was asked for, who gave it, and what of it still holds.")
@click.argument("cutover")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def approvals(config: str, cutover: str, *, as_json: bool) -> None:
    """Show them."""
    from strangler.ledger.approvals import requests
    from strangler.ledger.evidence import read_evidence
    from strangler.views.approvals import Asked, request_view
    from strangler_cli import session
    from strangler_cli.formats import approvals as shown

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    now = session.now_ns()
    with session.ledger_of(loaded) as ledger, ledger.read() as connection:
        found = requests(connection, cutover)
        findings = read_evidence(connection, loaded, cutover, now).findings_hash()
    expire = loaded.config.policy_of(cutover).approvals_expire
    entries = [Asked(request, request.findings == findings, expire, now) for request in found]
    if as_json:
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"requests": [request_view(entry) for entry in entries]}))
        return
    from strangler_cli.screen import Screen

    screen = Screen()
    shown.as_text(screen, cutover, entries)
    screen.flush()
