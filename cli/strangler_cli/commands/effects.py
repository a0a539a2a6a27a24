"""`strangler effects`: what runs by itself, on which side, and a person's word where no probe can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.exchange import Side


@click.group(
    help="Show what runs by itself and whose it is, and acknowledge that it is quiet.\n\n"
    "Schedulers, mailers, payment runs and outbound webhooks are no requests: no routing table moves them. "
    "`cutovers.NAME.effects` names them, each with one owner per phase; the gate passes only while the other side's is "
    "proven quiet.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List them: owner now and after the next step, and what is known of each side.")
@click.argument("cutover", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, cutover: str | None, *, as_json: bool) -> None:
    """List."""
    from strangler.ledger.effects import standings
    from strangler.views.effects import effect_view
    from strangler_cli.formats import effects
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration, known_cutover, ledger_of, now_ns

    loaded = configuration(config)
    chosen = list(loaded.config.cutovers) if cutover is None else [known_cutover(loaded, cutover)]
    with ledger_of(loaded) as ledger, ledger.read() as connection:
        found = [(name, each) for name in chosen for each in standings(connection, loaded.config, name)]
    if as_json:
        click.echo(dumped({"effects": [effect_view(name, each) for name, each in found]}))
    else:
        effects.as_text(Screen(), found, now_ns())


@command.command(
    help="Say that an effect is quiet on a side, where no probe can tell.\n\n"
    "It holds for the next step alone: until the cutover moves, is paused or resumed, and for `policy.acknowledged` at "
    "most. A probe that shows it at work goes before it, and ends it.",
)
@click.argument("cutover")
@click.argument("effect")
@click.option("--side", type=click.Choice(["legacy", "candidate"]), required=True, help="Where it is quiet.")
@click.option("--reason", required=True, metavar="TEXT", help="How you know.")
@click.option("--actor", metavar="NAME", help="Who says so, in the audit. Default: the user of the system.")
@click.pass_obj
def acknowledge(config: str, cutover: str, effect: str, side: Side, reason: str, actor: str | None) -> None:
    """Acknowledge."""
    from strangler.ledger.effects import acknowledge
    from strangler.views.words import iso
    from strangler_cli import session
    from strangler_cli.screen import Screen

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    with session.ledger_of(loaded) as ledger, ledger.begin() as connection:
        word = acknowledge(
            connection,
            loaded.config,
            cutover,
            effect,
            side,
            actor=actor or session.actor(),
            reason=reason,
            now_ns=session.now_ns(),
        )
    until = iso(word.at_ns + loaded.config.policy_of(cutover).acknowledged * 1_000_000)
    Screen().line(
        f"`{effect}` of {cutover} is quiet on {side}, says {word.actor}; it holds for the next step, until {until}"
    )
