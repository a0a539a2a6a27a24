"""`strangler rules`: what may differ, what is proposed to, and accepting a proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import date, datetime

    from strangler.config import Loaded
    from strangler.config.rules import Rule
    from strangler_cli.proposals import Proposed
    from strangler_cli.screen import Cell, Screen


@click.group(
    help="List the rules in force and those that strangler proposes; accept proposals.\n\n"
    "A proposal comes from noise: a place where the primary, asked twice, differed from itself. "
    "Nothing is hidden until a person accepts it.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List the rules of the file and the proposals.")
@click.option(
    "--json", "as_json", is_flag=True, help="The proposals as JSON; docs/commands.md has their fields."
)
@click.pass_obj
def list_(config: str, *, as_json: bool) -> None:
    """List."""
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration

    loaded = configuration(config)
    proposed = _proposed(loaded)
    if as_json:
        from strangler_cli.formats.as_json import dumped
        from strangler_cli.formats.standing_json import proposal_object

        click.echo(dumped({"proposals": [proposal_object(each) for each in proposed]}))
        return
    screen = Screen()
    _in_force(screen, loaded)
    screen.line()
    _proposals(screen, proposed)


@command.command(
    help="Accept proposals: the rules are written into strangler.yaml, comments and layout kept.\n\n"
    "A rule begins a new epoch: evidence starts anew.",
)
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="All that is proposed.")
@click.option("--reason", metavar="TEXT", help="Why it may differ. Default: the proposal's own words.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds; then the gate blocks on it."
)
@click.option("--shared", is_flag=True, help="For every route, not only the one it was seen on.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def accept(
    config: str,
    ids: tuple[str, ...],
    reason: str | None,
    owner: str | None,
    expires: datetime | None,
    *,
    everything: bool,
    shared: bool,
    yes: bool,
) -> None:
    """Accept."""
    from strangler_cli import accepting
    from strangler_cli.confirming import confirmed, said_new_epoch, show_patch
    from strangler_cli.session import configuration

    loaded = configuration(config)
    chosen = _chosen(_proposed(loaded), ids, everything=everything)
    day = expires.date() if expires else None
    additions = [(_rule(each, reason, owner, day), None if shared else each.route) for each in chosen]
    if shared:  # the same place on several routes is one rule for all
        additions = list({str(_meaning(rule)): (rule, route) for rule, route in additions}.values())
    new = accepting.with_additions(loaded, additions)
    show_patch(new)
    if confirmed(yes=yes):
        accepting.write(new)
        said_new_epoch(new)


def _proposed(loaded: Loaded) -> list[Proposed]:
    from strangler_cli.proposals import proposals
    from strangler_cli.session import ledger_of

    with ledger_of(loaded) as ledger, ledger.read() as connection:
        return proposals(connection, loaded)


def _chosen(proposed: list[Proposed], ids: tuple[str, ...], *, everything: bool) -> list[Proposed]:
    from strangler.errors import UsageError

    if everything == bool(ids):
        raise click.UsageError("name proposals by their ids, or give --all.")
    if everything:
        if not proposed:
            raise UsageError("nothing is proposed")
        return proposed
    chosen: list[Proposed] = []
    for wanted in dict.fromkeys(ids):
        fitting = [each for each in proposed if each.id.startswith(wanted)]
        if len(fitting) != 1:
            known = ", ".join(each.id for each in proposed) or "none"
            what = f"there is no proposal {wanted!r}" if not fitting else f"{wanted!r} fits several proposals"
            raise UsageError(what, remedy=f"proposed now: {known}")
        chosen += fitting
    return chosen


def _rule(
    proposed: Proposed, reason: str | None, owner: str | None, expires: date | None
) -> dict[str, object]:
    from strangler_cli.accepting import signed

    why = reason or str(proposed.rule.get("reason", ""))
    return {**_meaning(dict(proposed.rule)), **signed(reason=why, owner=owner, expires=expires)}


def _meaning(rule: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in rule.items() if name not in {"reason", "owner", "expires"}}


def _in_force(screen: Screen, loaded: Loaded) -> None:
    from strangler_cli.screen import Column

    rows = [_row(loaded, ("rules", i), "every", rule) for i, rule in enumerate(loaded.config.rules)]
    for name, route in loaded.config.routes.items():
        rows += [_row(loaded, ("routes", name, "rules", i), name, rule) for i, rule in enumerate(route.rules)]
    if not rows:
        screen.line("no rules: nothing may differ")
        return
    screen.heading("Rules in force")
    columns = [Column("line", right=True), Column("route"), Column("kind"), Column("where", wrap=True)]
    screen.table([*columns, Column("until"), Column("owner"), Column("why", wrap=True)], rows)


def _row(loaded: Loaded, location: tuple[str | int, ...], route: str, rule: Rule) -> list[Cell]:
    from strangler.config.rules import kind_of

    kind = kind_of(rule) or ""
    where = getattr(rule, kind)
    return [
        str(loaded.line_of(*location)),
        route,
        kind,
        where if isinstance(where, str) else ", ".join(where),
        rule.expires.isoformat() if rule.expires else "-",
        rule.owner or "-",
        rule.reason or "-",
    ]


def _proposals(screen: Screen, proposed: list[Proposed]) -> None:
    from strangler_cli.screen import Column

    if not proposed:
        screen.line("nothing is proposed")
        return
    screen.heading("Proposed: places where the primary, asked twice, differed from itself")
    rows: list[list[Cell]] = [
        [
            each.id,
            each.route,
            each.kind,
            each.place,
            f"{each.differed} of {each.asked}",
            f"{each.first} / {each.second}",
        ]
        for each in proposed
    ]
    columns = [Column("id"), Column("route"), Column("kind"), Column("where", wrap=True)]
    screen.table([*columns, Column("differed", right=True), Column("such as", wrap=True)], rows)
    screen.line("accept: strangler rules accept ID --owner NAME", "dim")
