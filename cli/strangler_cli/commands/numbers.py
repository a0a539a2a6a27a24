"""`strangler numbers`: what is known of the documents' numbers over both systems, and what finance has explained."""

from __future__ import annotations

import re

import click


@click.group(
    help="Show the numbers that documents got over both systems, and acknowledge what is explained.\n\n"
    "A route with `numbers` is watched: gaps, doubles, draws out of order, draws by a shadow. Each blocks the gate, "
    "whatever the epoch, until it is gone or acknowledged.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List the series, with what is wrong in them and not acknowledged.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, *, as_json: bool) -> None:
    """List."""
    from strangler.ledger.numbers import kept
    from strangler.views.numbers import series_view
    from strangler_cli.formats import numbers
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration, ledger_of, now_ns

    loaded = configuration(config)
    with ledger_of(loaded) as ledger, ledger.read() as connection:
        found = kept(connection, loaded.config, now_ns())
    if as_json:
        click.echo(dumped({"series": [series_view(each) for each in found]}))
    else:
        numbers.as_text(Screen(), found)


@command.command(
    help="Say why numbers are missing, doubled, out of order or a shadow's: NUMBERS is 17 or 17-19.\n\n"
    "All that is open of them now is covered, and the audit keeps the reason; what happens to them later is not."
)
@click.argument("series")
@click.argument("numbers")
@click.option("--reason", required=True, metavar="TEXT", help="How it came, and where that is written down.")
@click.option("--actor", metavar="NAME", help="Who says so, in the audit. Default: the user of the system.")
@click.pass_obj
def acknowledge(config: str, series: str, numbers: str, reason: str, actor: str | None) -> None:
    """Acknowledge."""
    from strangler.gate.numbers import ranges
    from strangler.ledger.numbers import acknowledge
    from strangler_cli import session
    from strangler_cli.screen import Screen

    first, last = _range(numbers)
    loaded = session.configuration(config)
    with session.ledger_of(loaded) as ledger, ledger.begin() as connection:
        found = acknowledge(
            connection,
            loaded.config,
            series,
            first,
            last,
            actor=actor or session.actor(),
            reason=reason,
            now_ns=session.now_ns(),
        )
    screen = Screen()
    for each in found:
        screen.line(f"{series}: {each.kind} {ranges([each])} acknowledged")


def _range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if first > last:
        raise click.UsageError(f"NUMBERS is 17 or 17-19, not {text!r}.")
    return first, last
