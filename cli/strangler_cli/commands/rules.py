"""`strangler rules`: what may differ, what it let pass, and what is proposed to differ, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strangler_cli.options import DECODE, PAIR_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from strangler.config import Loaded
    from strangler.config.editing import Edited
    from strangler.config.rules import Rule
    from strangler.ledger.rule_use import RuleUse
    from strangler.views.proposals import Proposed
    from strangler_cli.screen import Cell, Screen
    from strangler_cli.suggesting import FromLedger, FromPairs


@click.group(
    help="List the rules in force, say what they let pass, and suggest further ones from what was seen.\n\n"
    "Nothing is hidden until a person writes the rule.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List the rules of the file, each with its line.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, *, as_json: bool) -> None:
    """List."""
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration

    loaded = configuration(config)
    if as_json:
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"rules": [_object(*each) for each in _rules(loaded)]}))
        return
    _in_force(Screen(), loaded)


@command.command(
    help="Propose rules from what was seen, with the numbers, as a patch to strangler.yaml that keeps comments and "
    "layout: for places where the primary, asked twice, differed from itself (noise), and for open divergences whose "
    "cause has an obvious rule. Never one that hides an amount. ID…: only these.\n\n"
    "--write puts them into the file. A rule begins a new epoch: evidence starts anew.\n\n"
    "--pairs proposes from a file of pairs, as `strangler compare --pairs` reads it, without a ledger.",
)
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--route", metavar="NAME", help="Of one route.")
@click.option(
    "--fewest",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Seen at least so many times.",
)
@click.option("--pairs", metavar="FILE", help="Propose from these pairs: JSON Lines, packed (gzip) or not.")
@click.option(
    "--twins", is_flag=True, help="In --pairs: both answers are one system's; what differs is noise."
)
@click.option(
    "--rules",
    metavar="FILE",
    help="With --pairs: the rules that hold already, and where more go. It need not exist.",
)
@DECODE
@PAIR_FIELDS
@click.option("--shared", is_flag=True, help="For every route, not only the one it was seen on.")
@click.option("--reason", metavar="TEXT", help="Why it may differ. Default: the proposal's own words.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day it holds; then the gate blocks on it."
)
@click.option("--write", is_flag=True, help="Write the rules into the file.")
@click.option("--actor", metavar="NAME", help="Who accepts, in the audit. Default: the user of the system.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def suggest(
    config: str,
    /,
    ids: tuple[str, ...],
    route: str | None,
    fewest: int,
    pairs: str | None,
    rules: str | None,
    decode: str | None,
    reason: str | None,
    owner: str | None,
    expires: datetime | None,
    actor: str | None,
    *,
    twins: bool,
    shared: bool,
    write: bool,
    yes: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Suggest."""
    from strangler.views.acceptance import signed
    from strangler_cli import session, suggesting
    from strangler_cli.confirming import confirmed
    from strangler_cli.screen import Screen

    source: suggesting.FromLedger | suggesting.FromPairs
    if pairs is not None:
        if write and rules is None:
            raise click.UsageError("name the file to write to: --rules FILE.")
        from strangler_cli.files import context_of
        from strangler_cli.pairing.jsonlines import names_of, pairs_of

        entries = pairs_of(pairs, names_of(**fields))
        source = suggesting.from_pairs(
            entries, rules, context_of(decode), own=twins, route=route, fewest=fewest
        )
    elif twins or rules or decode:
        raise click.UsageError("--twins, --rules and --decode go with --pairs.")
    else:
        loaded = session.configuration(config)
        source = suggesting.from_ledger(loaded, route=route, fewest=fewest, shared=shared)
    said = signed(reason=reason, owner=owner, expires=expires.date() if expires else None)
    chosen = [(each, {**each.proposal.rule, **said}) for each in suggesting.chosen(source.proposed, ids)]
    new = source.edited(chosen)
    if as_json:
        _suggested_json(source, [each for each, _ in chosen], new)
    else:
        _suggested(Screen(), source, [each for each, _ in chosen], new)
    if chosen and write and confirmed(yes=yes or as_json):
        source.write(new, chosen, actor or session.actor())
        if not as_json:
            source.said(new)


@command.command(
    help="Show every rule that applies to a route, in the order in which they count: where it stands, why, who answers "
    "for it, until when, and how many differences it let pass.\n\n"
    "A rule that let nothing pass in 1,000 comparisons of the present epoch is marked.",
)
@click.argument("route", metavar="ROUTE")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def explain(config: str, route: str, *, as_json: bool) -> None:
    """Explain."""
    from datetime import UTC, datetime

    from strangler.comparison.rules import precedence
    from strangler.ledger.rule_use import rule_uses
    from strangler_cli import session
    from strangler_cli.formats.rule_use import as_object

    loaded = session.configuration(config)
    session.known_route(loaded, route)
    with session.ledger_of(loaded) as ledger, ledger.read() as connection:
        found = [each for each in rule_uses(connection, loaded) if each.route in {"", route}]
    found.sort(key=lambda each: precedence(each.rule.kind))
    now_ns = session.now_ns()
    today = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).date()
    if as_json:
        from strangler_cli.formats.as_json import dumped

        objects = [as_object(each, str(loaded.file), today) for each in found]
        click.echo(dumped({"route": route, "cutover": loaded.config.cutover_of(route), "rules": objects}))
        return
    _explained(loaded, route, found, today, now_ns)


def _explained(loaded: Loaded, route: str, found: list[RuleUse], today: date, now_ns: int) -> None:
    from strangler.views.words import counted
    from strangler_cli.formats.rule_use import advice, as_table, since
    from strangler_cli.screen import Screen

    screen = Screen()
    if not found:
        screen.line(f"no rules apply to route `{route}`: nothing may differ")
        return
    screen.heading(f"Rules for route `{route}`: only, then rename, then the others side by side")
    as_table(screen, found, route, str(loaded.file), today, now_ns)
    if not loaded.config.cutover_of(route):
        screen.line("the route is in no cutover: nothing of it is compared", "warn")
        return
    now, ever = found[0].now[route].compared, found[0].ever[route].compared
    screen.line(f"{counted(now, 'comparison')} in the present epoch, {ever:,} in all", "dim")
    for each in found:
        if each.idle:
            screen.line(f"line {each.rule.line}: in {since(each)} {advice(each)}", "warn")


def _suggested(screen: Screen, source: FromLedger | FromPairs, chosen: list[Proposed], new: Edited) -> None:
    from strangler_cli.confirming import show_patch
    from strangler_cli.formats.proposals import as_table

    for line in source.asides():
        screen.line(line, "warn")
    if not chosen:
        screen.line("nothing is proposed")
        return
    as_table(screen, chosen)
    screen.line()
    show_patch(new)


def _suggested_json(source: FromLedger | FromPairs, chosen: list[Proposed], new: Edited) -> None:
    from strangler.views.proposal import proposal_view
    from strangler_cli.formats.as_json import dumped

    click.echo(
        dumped({"proposals": [proposal_view(each) for each in chosen], "patch": new.patch, **source.counts()})
    )


def _in_force(screen: Screen, loaded: Loaded) -> None:
    from strangler_cli.screen import Column

    rows = [_row(*each) for each in _rules(loaded)]
    if not rows:
        screen.line("no rules: nothing may differ")
        return
    screen.heading("Rules in force")
    columns = [Column("line", right=True), Column("route"), Column("kind"), Column("where", wrap=True)]
    screen.table([*columns, Column("until"), Column("owner"), Column("why", wrap=True)], rows)


def _rules(loaded: Loaded) -> Iterator[tuple[int, str, Rule]]:
    """Line, route (empty: every) and rule, as they stand in the file."""
    for index, rule in enumerate(loaded.config.rules):
        yield loaded.line_of("rules", index), "", rule
    for name, route in loaded.config.routes.items():
        for index, rule in enumerate(route.rules):
            yield loaded.line_of("routes", name, "rules", index), name, rule


def _row(line: int, route: str, rule: Rule) -> list[Cell]:
    from strangler.config.rules import kind_of, places_of

    return [
        str(line),
        route or "every",
        kind_of(rule) or "",
        ", ".join(places_of(rule)),
        rule.expires.isoformat() if rule.expires else "-",
        rule.owner or "-",
        rule.reason or "-",
    ]


def _object(line: int, route: str, rule: Rule) -> dict[str, Any]:
    from strangler.config.rules import kind_of

    written = rule.model_dump(mode="json", exclude_unset=True)
    return {"line": line, "route": route, "kind": kind_of(rule), "rule": written}
