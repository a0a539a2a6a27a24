"""`strangler referee`: what DeepDiff, the second judge, says of our comparisons, and that somebody has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.ledger.refereed import Refereed


@click.group(
    help="Show what the second judge says of our comparisons, and acknowledge it.\n\n"
    "A sampled share of live comparisons is judged by DeepDiff too (`worker.referee`). Where it disagrees, that is "
    "an alarm about strangler itself, in `status` and `check`, until somebody has acknowledged it.",
)
def command() -> None:
    """The group."""


@command.command(help="Show how many it judged, with how many it disagreed, and the latest of those.")
@click.pass_obj
def show(config: str) -> None:
    """Show."""
    from strangler.ledger.refereed import refereed
    from strangler_cli.session import configuration, ledger_of

    with ledger_of(configuration(config)) as ledger, ledger.read() as connection:
        found = refereed(connection)
    _told(found)


@command.command(
    help="Say that somebody has looked at all disagreements there are. A further one is an alarm again.",
)
@click.option("--reason", required=True, metavar="TEXT", help="What came of it.")
@click.option("--actor", metavar="NAME", help="Who says so, in the audit. Default: the user of the system.")
@click.pass_obj
def acknowledge(config: str, reason: str, actor: str | None) -> None:
    """Acknowledge."""
    from strangler.ledger.refereed import acknowledge
    from strangler_cli import session

    with session.ledger_of(session.configuration(config)) as ledger, ledger.begin() as connection:
        who = actor or session.actor()
        found = acknowledge(connection, actor=who, reason=reason, now_ns=session.now_ns())
    _told(found)


def _told(found: Refereed) -> None:
    from strangler.views.words import counted
    from strangler_cli.formats.standing_text import alarm
    from strangler_cli.screen import Screen
    from strangler_cli.session import now_ns

    screen = Screen()
    if found.open:
        screen.line(alarm(found, now_ns()), "bad")
        return
    screen.line(
        f"{counted(found.judged, 'comparison')} judged by DeepDiff too, {found.passed_over:,} passed over",
        "good",
    )
    screen.line(f"disagreed: {found.disagreed:,}, acknowledged: {found.acknowledged:,}")
