"""`strangler status`: where everything stands, and what is next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.store import Ledger

_EVERY_S = 2.0


@click.command(
    help="Show every cutover: its phase, the canary's weight (set, and actual), its evidence, what stands in its way, "
    "the next step; then proposed rules, planes, and what was dropped.\n\n"
    "It reads the ledger: `strangler serve` need not run.",
)
@click.option("--watch", is_flag=True, help="Again every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def command(config: str, *, watch: bool, as_json: bool) -> None:
    """Show it once, or again and again."""
    from strangler_cli.overriding import told_anyway
    from strangler_cli.session import configuration, ledger_of

    loaded = configuration(config)
    with told_anyway(loaded), ledger_of(loaded) as ledger:
        show(ledger, loaded, as_json=as_json)
        while watch:
            time.sleep(_EVERY_S)
            loaded = configuration(config)  # accepting a divergence changes the file meanwhile
            show(ledger, loaded, as_json=as_json, again=True)


def show(
    ledger: Ledger, loaded: Loaded, *, as_json: bool, again: bool = False, only: str | None = None
) -> None:
    """The standing as it is now. `again`: in a terminal, in the place of the last one."""
    from strangler.views import standing
    from strangler_cli import overriding
    from strangler_cli.session import now_ns

    now = now_ns()
    with ledger.read() as connection:
        found = standing.standing(connection, loaded, now, only=only)
    if as_json:
        from strangler.views.status import status_view
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped(status_view(found, loaded, overriding.view(overriding.of(loaded)))))
        return
    from strangler_cli.formats.standing_text import as_text
    from strangler_cli.screen import Screen

    screen = Screen()
    if again:
        screen.clear()
    overriding.tell(screen, loaded)
    as_text(screen, found, loaded, now)
    screen.flush()
