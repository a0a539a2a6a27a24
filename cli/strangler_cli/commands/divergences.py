"""`strangler divergences`: what differs between the two systems, grouped; and accepting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.ledger.divergences import Divergence, Shown, State
    from strangler.ledger.settled import Exemplar
    from strangler_cli.screen import Screen

_KINDS = (
    *("ignore", "unordered", "decimal", "instant", "identity", "map", "rename", "only"),
    *("default", "text", "pattern", "call"),
)


@click.group(
    help="List, show and accept what differs between the two systems.\n\n"
    "A divergence is everything that differs in one way at one place of a route, with its cause, its counts and "
    "whole (redacted) examples.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List them: the largest drift of money first, then by count.")
@click.option("--cutover", metavar="NAME", help="Of one cutover.")
@click.option("--route", metavar="NAME", help="Of one route.")
@click.option(
    "--epoch",
    type=click.Choice(["all", "current"]),
    default="all",
    show_default=True,
    help="Ever seen, or seen under the present rules with the present candidate (which the gate looks at).",
)
@click.option(
    "--state", type=click.Choice(["open", "accepted", "resolved", "regressed"]), help="Those in one state."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(
    config: str, cutover: str | None, route: str | None, epoch: str, state: State | None, *, as_json: bool
) -> None:
    """List."""
    from strangler.views.divergence import worst_first
    from strangler_cli.session import configuration, known_cutover, ledger_of

    loaded = configuration(config)
    chosen = [known_cutover(loaded, cutover)] if cutover else list(loaded.config.cutovers)
    with ledger_of(loaded) as ledger, ledger.read() as connection:
        found = [
            each
            for name in chosen
            for each in _seen(connection, loaded, name, current=epoch == "current", state=state)
            if route in {None, each.route}
        ]
    found = worst_first(found)
    if as_json:
        from strangler.views.divergence import divergence_view
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"divergences": [divergence_view(each) for each in found]}))
        return
    _table(found)


def _seen(
    connection: Connection, loaded: Loaded, cutover: str, *, current: bool, state: State | None
) -> list[Divergence]:
    from strangler.ledger.divergences import divergences
    from strangler.ledger.epochs import current as current_epoch

    if not current:
        return divergences(connection, cutover, state=state)
    epoch = current_epoch(connection, loaded.config, cutover)
    return divergences(connection, cutover, epoch=epoch.id, state=state) if epoch else []


def _table(found: list[Divergence]) -> None:
    from strangler_cli.formats.divergence import listed
    from strangler_cli.screen import Screen

    screen = Screen()
    if not found:
        screen.line("no divergences")
        return
    listed(screen, found)
    screen.line()
    screen.line("one of them, with an example: strangler divergences show ID", "dim")


@command.command(help="Show one: what differs, where, why, how often, and a whole example side by side.")
@click.argument("fingerprint", metavar="ID")
@click.option(
    "--example", type=click.IntRange(min=1), default=1, show_default=True, help="Which of the examples."
)
@click.option("--full", is_flag=True, help="The whole documents, not only around what differs.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def show(config: str, fingerprint: str, example: int, *, full: bool, as_json: bool) -> None:
    """Show."""
    from strangler.ledger import divergences as stored
    from strangler_cli.session import configuration, ledger_of

    loaded = configuration(config)
    with ledger_of(loaded) as ledger, ledger.read() as connection:
        shown = stored.show(connection, fingerprint)
    if as_json:
        from strangler.views.divergence import shown_object
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped(shown_object(shown)))
        return
    from strangler_cli.screen import Screen

    screen = Screen()
    _facts(screen, shown.divergence)
    _learned(screen, shown.divergence)
    _examples(screen, shown, example, full=full)


def _facts(screen: Screen, divergence: Divergence) -> None:
    from strangler.views import divergence as words
    from strangler.views.words import iso

    screen.heading(f"{divergence.id}: {words.sentence(divergence)}")
    facts = {
        "route": f"{divergence.route} (cutover {divergence.cutover})",
        "where": divergence.location,
        "cause": words.cause(divergence),
        "severity": divergence.severity,
        "seen": f"{words.counts(divergence)}, {iso(divergence.first_ns)} to {iso(divergence.last_ns)}",
        "money": f"{words.drift(divergence)} (candidate minus legacy)" if divergence.drift else "-",
        "candidate": f"version {words.versions(divergence)}",
        "state": words.state(divergence)
        + (f": {divergence.reason} ({divergence.actor})" if divergence.reason else ""),
    }
    for name, value in facts.items():
        screen.line(f"  {name:10} {value}")
    if divergence.merged:
        screen.line(f"  {'parts':10} {divergence.id}, {', '.join(divergence.merged)}")
    if divergence.merged_into:
        screen.line(f"  {'part of':10} {divergence.merged_into}")


def _learned(screen: Screen, divergence: Divergence) -> None:
    if divergence.claims:
        from strangler_cli.formats.learned import rule_lines

        screen.line()
        screen.line("learned over many pairs; as a rule, which `accept` writes", "strong")
        for claim in divergence.claims:
            for line in rule_lines(claim):
                screen.line(f"  {line}")


def _examples(screen: Screen, shown: Shown, number: int, *, full: bool) -> None:
    if not shown.exemplars:
        screen.line("\nno example was kept", "dim")
        return
    from strangler.views.places import rule_place
    from strangler_cli.formats.example import example

    chosen: Exemplar = shown.exemplars[min(number, len(shown.exemplars)) - 1]
    screen.line()
    screen.line(f"example {min(number, len(shown.exemplars))} of {len(shown.exemplars)} (redacted)", "strong")
    example(screen, chosen, rule_place(shown.divergence.location) or "", full=full)
    if shown.divergence.kind != "failed":
        screen.line()
        screen.line(f"may it differ? strangler divergences accept {shown.divergence.id} --reason TEXT", "dim")


@command.command(
    help="Let it differ from now on: a rule is written into strangler.yaml, comments and layout kept.\n\n"
    "A rule begins a new epoch: evidence starts anew, and what was counted before stays what it was. "
    "--option gives the kind's own options: `--kind decimal --option tolerance=1`.",
)
@click.argument("fingerprint", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why it may differ.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds; then the gate blocks on it."
)
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    help="What the rule does. Default: what was learned over many pairs, else ignore.",
)
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of that kind.")
@click.option("--shared", is_flag=True, help="For every route, not only the one it was seen on.")
@click.option("--actor", metavar="NAME", help="Who accepts, in the audit. Default: the user of the system.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def accept(
    config: str,
    fingerprint: str,
    reason: str,
    owner: str | None,
    expires: datetime | None,
    kind: str | None,
    options: tuple[str, ...],
    actor: str | None,
    *,
    shared: bool,
    yes: bool,
) -> None:
    """Accept."""
    from strangler.ledger import divergences as stored
    from strangler.views.acceptance import rules_for
    from strangler_cli import accepting, session
    from strangler_cli.confirming import confirmed, said_new_epoch, show_patch

    loaded = session.configuration(config)
    day = expires.date() if expires else None
    with session.ledger_of(loaded) as ledger:
        with ledger.read() as connection:
            found = stored.find(connection, fingerprint)
            if kind is None and found.merged_into:
                found = stored.find(connection, found.merged_into)
        rules = rules_for(found, kind, options, reason=reason, owner=owner, expires=day)
        new = accepting.with_additions(loaded, [(rule, None if shared else found.route) for rule in rules])
        show_patch(new)
        if not confirmed(yes=yes):
            return
        who = actor or session.actor()
        accepted = [(found.id, rule) for rule in rules]
        accepting.write_accepting(new, ledger, accepted, actor=who, now_ns=session.now_ns())
    said_new_epoch(new)


@command.command(
    help="Say that it is gone. Seen in a later epoch, it has regressed.\n\n"
    "What an epoch that passed did not see is resolved without being said.",
)
@click.argument("fingerprint", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is gone.")
@click.option(
    "--in-version", metavar="TEXT", help="The candidate's version it is gone in. Default: the present one."
)
@click.option("--actor", metavar="NAME", help="Who says so, in the audit. Default: the user of the system.")
@click.pass_obj
def resolve(config: str, fingerprint: str, reason: str, in_version: str | None, actor: str | None) -> None:
    """Resolve."""
    from strangler.ledger import divergences as stored
    from strangler.ledger.epochs import current
    from strangler.views.divergence import state
    from strangler_cli import session
    from strangler_cli.screen import Screen

    loaded = session.configuration(config)
    with session.ledger_of(loaded) as ledger, ledger.begin() as connection:
        found = stored.find(connection, fingerprint)
        epoch = (
            current(connection, loaded.config, found.cutover)
            if found.cutover in loaded.config.cutovers
            else None
        )
        version = in_version if in_version is not None else epoch.version if epoch else ""
        who = actor or session.actor()
        moved = stored.resolve(
            connection, found.id, actor=who, reason=reason, now_ns=session.now_ns(), version=version
        )
    Screen().line(f"{moved.id}: {state(moved)}", "good")
