"""`strangler cutover plan`: the way ahead, step by step, bound to what is known now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strangler_cli.options import ACTOR, Duration

if TYPE_CHECKING:
    from strangler.planned import PlanFile


@click.command(
    help="Show the way from where it is, step by step: what the gate must say, what planes will do, who holds the "
    "record, and which way back there is.\n\n"
    "With -o it writes a plan, bound to what decides in the configuration and to what was found so far; "
    "`strangler cutover apply` takes its steps, one at a time, and refuses it once either has changed."
)
@click.argument("cutover")
@click.option(
    "--to",
    "target",
    metavar="PHASE|WEIGHT",
    default="candidate",
    show_default=True,
    help="How far: shadow, canary (its first step), a weight such as 25%, candidate, retired.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the plan to a file that is not there yet.")
@click.option(
    "--valid",
    metavar="DURATION",
    type=Duration(),
    default="7d",
    show_default=True,
    help="For so long it may be applied.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as it would be written.")
@ACTOR
@click.pass_obj
def plan(
    config: str,
    cutover: str,
    target: str,
    output: str | None,
    valid: int,
    actor: str | None,
    *,
    as_json: bool,
) -> None:
    """Plan."""
    from pathlib import Path

    from strangler.planned import encoded
    from strangler_cli.files import write_new

    made = _made(config, cutover, target, valid, actor)
    if output is not None:
        write_new(Path(output), encoded(made), "-o")
    if as_json:
        click.echo(encoded(made), nl=False)
    else:
        _print(made, output)


def _made(config: str, cutover: str, target: str, valid: int, actor: str | None) -> PlanFile:
    from strangler.cutover import plan_of, way
    from strangler.ledger.cutovers import state_of
    from strangler.ledger.evidence import read_evidence
    from strangler.planned import planned
    from strangler_cli import session
    from strangler_cli.destinations import reached

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    now = session.now_ns()
    with session.ledger_of(loaded) as ledger, ledger.read() as connection:
        state = state_of(connection, cutover)
        evidence = read_evidence(connection, loaded, cutover, now)
    last = reached(way(plan_of(loaded.config, cutover), state), target, state)
    return planned(
        loaded.config,
        state,
        evidence,
        last,
        made_by=actor or session.actor(),
        made_ns=now,
        expires_ns=now + valid,
    )


def _print(made: PlanFile, output: str | None) -> None:
    from strangler_cli.formats.planned import as_text
    from strangler_cli.screen import Screen

    screen = Screen()
    as_text(screen, made, output)
    screen.flush()
