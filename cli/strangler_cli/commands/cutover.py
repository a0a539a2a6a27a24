"""`strangler cutover`: the transitions of a cutover, each idempotent, each an audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from strangler.config import Loaded
    from strangler.cutover import CutoverState, EventName
    from strangler.errors import Refused
    from strangler.ledger.store import Ledger
    from strangler_cli.formats.verdict import Asked
    from strangler_cli.moving import Moved
    from strangler_cli.screen import Screen


@click.group(
    help="Start, advance, pause, resume or roll back a cutover.\n\n"
    "legacy → shadow → canary (step by step) → candidate → retired. Each command may be given twice: it is done once. "
    "With `strangler serve` running, every plane has the change within a second.",
)
def command() -> None:
    """The group."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in (
        click.pass_obj,
        click.option("--reason", default="", metavar="TEXT", help="Why; the audit keeps it."),
        click.option(
            "--actor", metavar="NAME", help="Who acts, in the audit. Default: the user of the system."
        ),
        click.argument("cutover"),
    ):
        function = decorate(function)
    return function


@command.command(
    help="legacy → shadow: the candidate is asked the same beside legacy; clients notice nothing."
)
@_options
def start(config: str, cutover: str, actor: str | None, reason: str) -> int:
    """Start."""
    return _move(config, cutover, "start", actor, reason)


@command.command(
    help="One step on, if the gate agrees: shadow → canary, its steps, candidate, retired.\n\n"
    "Exit code: the gate's (0 passed; 1 blocked; 3 insufficient; 4 paused)."
)
@_options
def advance(config: str, cutover: str, actor: str | None, reason: str) -> int:
    """Advance."""
    return _move(config, cutover, "advance", actor, reason)


@command.command(
    help="Hold it where it is. Traffic goes on as it does; `advance` is refused; a rollback never is."
)
@_options
def pause(config: str, cutover: str, actor: str | None, reason: str) -> int:
    """Pause."""
    return _move(config, cutover, "pause", actor, reason)


@command.command(help="Let a paused cutover advance again.")
@_options
def resume(config: str, cutover: str, actor: str | None, reason: str) -> int:
    """Resume."""
    return _move(config, cutover, "resume", actor, reason)


@command.command(
    help="Back to shadow: legacy answers everybody, the candidate goes on being compared. Always permitted."
)
@_options
def rollback(config: str, cutover: str, actor: str | None, reason: str) -> int:
    """Roll back."""
    return _move(config, cutover, "rollback", actor, reason)


@command.command(help="Show one cutover as `strangler status` does, and what happened to it.")
@click.argument("cutover")
@click.option("--json", "as_json", is_flag=True, help="As JSON, as `strangler status --json`.")
@click.pass_obj
def status(config: str, cutover: str, *, as_json: bool) -> None:
    """Show it."""
    from strangler_cli.commands.status import show
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration, known_cutover, ledger_of

    loaded = configuration(config)
    known_cutover(loaded, cutover)
    with ledger_of(loaded) as ledger:
        show(ledger, loaded, as_json=as_json, only=cutover)
        if not as_json:
            _history(Screen(), ledger, cutover)


def _move(config: str, cutover: str, event: EventName, actor: str | None, reason: str) -> int:
    from strangler.errors import Refused
    from strangler_cli import session
    from strangler_cli.moving import move
    from strangler_cli.screen import Screen

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    screen = Screen()
    with session.ledger_of(loaded, create=event == "start") as ledger:
        who = actor or session.actor()
        verdicts: list[Asked] = []
        try:
            moved = move(ledger, loaded, cutover, event, who, reason, session.now_ns(), verdicts.append)
        except Refused as refused:
            if not verdicts:
                raise
            return _not_advanced(screen, verdicts[0], refused)
        _said(screen, ledger, loaded, moved)
        _next(screen, ledger, loaded, cutover)
    return 0


def _said(screen: Screen, ledger: Ledger, loaded: Loaded, moved: Moved) -> None:
    from strangler_cli import session
    from strangler_cli.in_force import wait_in_force

    name, before, after = moved.after.name, moved.before, moved.after
    if moved.generation is None:
        screen.line(f"{name}: {_where(after)} already; nothing changed")
        return
    screen.line(f"{name}: {_where(before)} → {_where(after)}, by {after.actor}", "good")
    if moved.asked is not None:
        attempt = f"attempt {moved.asked.attempt}, " if moved.asked.attempt else ""
        screen.line(f"  the gate passed ({attempt}{moved.asked.compared:,} compared)")
    if moved.resolved:
        screen.line(f"  {moved.resolved} divergences were not seen any more: resolved")
    seen = wait_in_force(ledger, loaded, moved.generation, session.now_ns)
    if not seen.planes:
        screen.line(
            f"  routing table {moved.generation}: no plane carries traffic now; the next one begins with it"
        )
    elif seen.have_it == seen.planes:
        planes = "the plane has it" if seen.planes == 1 else f"all {seen.planes} planes have it"
        screen.line(f"  routing table {moved.generation}: {planes} in force")
    else:
        missing = f"{seen.planes - seen.have_it} of {seen.planes} planes do not report it yet"
        screen.line(f"  routing table {moved.generation}: {missing}; `strangler status` says when", "warn")


def _where(state: CutoverState) -> str:
    from strangler_cli.words import percent

    words = f"canary {percent(state.weight)}" if state.phase == "canary" else state.phase
    return f"{words}, paused" if state.paused else words


def _next(screen: Screen, ledger: Ledger, loaded: Loaded, cutover: str) -> None:
    from strangler_cli import session, standing

    with ledger.read() as connection:
        found = standing.standing(connection, loaded, session.now_ns(), only=cutover)
    for entry in found.cutovers:
        typed = f": {entry.next_command}" if entry.next_command else ""
        screen.line(f"next: {entry.next_words}{typed}")


def _not_advanced(screen: Screen, asked: Asked, refused: Refused) -> int:
    """The gate's whole answer, which says more than the refusal; the exit code is the gate's."""
    from strangler_cli.formats.verdict import as_text

    as_text(screen, asked)
    screen.flush()
    click.echo(f"strangler: {asked.verdict.cutover} was not advanced: {refused.what}", err=True)
    return refused.exit_code


def _history(screen: Screen, ledger: Ledger, cutover: str) -> None:
    from strangler.ledger.audit import entries
    from strangler_cli.screen import Cell, Column
    from strangler_cli.words import iso

    with ledger.read() as connection:
        found = entries(connection, subject=cutover, limit=10)
    rows: list[list[Cell]] = []
    for entry in found:
        body = entry.body
        before, after = _phase(body.get("before")), _phase(body.get("after"))
        rows.append(
            [iso(body["at_ns"]) or "", body["action"], f"{before} → {after}", body["actor"], body["reason"]]
        )
    if rows:
        screen.line()
        screen.heading("What happened, latest first")
        columns = [
            Column("when"),
            Column("what"),
            Column("from → to"),
            Column("by"),
            Column("why", wrap=True),
        ]
        screen.table(columns, rows, indent=2)


def _phase(state: dict[str, Any] | None) -> str:
    from strangler.cutover import CutoverState

    if state is None:
        return "-"
    return _where(CutoverState("", phase=state["phase"], weight=state["weight"], paused=state["paused"]))
