"""`strangler cutover status`: one cutover, and what happened to it."""

from __future__ import annotations

import click


@click.command(help="Show one cutover as `strangler status` does, and what happened to it.")
@click.argument("cutover")
@click.option("--json", "as_json", is_flag=True, help="As JSON, as `strangler status --json`.")
@click.pass_obj
def status(config: str, cutover: str, *, as_json: bool) -> None:
    """Show it."""
    from strangler_cli.commands.status import show
    from strangler_cli.formats.history import history
    from strangler_cli.overriding import told_anyway
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration, known_cutover, ledger_of

    loaded = configuration(config)
    known_cutover(loaded, cutover)
    with told_anyway(loaded), ledger_of(loaded) as ledger:
        show(ledger, loaded, as_json=as_json, only=cutover)
        if not as_json:
            history(Screen(), ledger, cutover)
