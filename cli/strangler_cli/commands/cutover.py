"""`strangler cutover`: the transitions of a cutover, each idempotent, each an audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from strangler.config import Loaded
    from strangler.cutover import EventName
    from strangler.ledger.store import Ledger
    from strangler_cli.formats.moved import Told
    from strangler_cli.formats.verdict import Asked
    from strangler_cli.moving import Moved


@click.group(
    help="Start, advance, pause, resume or roll back a cutover.\n\n"
    "legacy → shadow → canary (step by step) → candidate → retired. Each command may be given twice: it is done once. "
    "With `strangler serve` running, every plane has the change within a second.",
)
def command() -> None:
    """The group."""


_WHO_AND_WHY: Final = (
    click.pass_obj,
    click.option("--json", "as_json", is_flag=True, help="What came of it as JSON."),
    click.option("--reason", default="", metavar="TEXT", help="Why; the audit keeps it."),
    click.option("--actor", metavar="NAME", help="Who acts, in the audit. Default: the user of the system."),
)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in (*_WHO_AND_WHY, click.argument("cutover")):
        function = decorate(function)
    return function


def _options_with_all(everything: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """With `--all` in the place of a name; `everything` is its help."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorate in (
            *_WHO_AND_WHY,
            click.option(
                "--yes", is_flag=True, help="Do not ask. It asks for --all only, and in a terminal only."
            ),
            click.option("--all", "everything", is_flag=True, help=everything),
            click.argument("cutover", required=False),
        ):
            function = decorate(function)
        return function

    return decorated


@command.command(
    help="legacy → shadow: the candidate is asked the same beside legacy; clients notice nothing."
)
@_options
def start(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Start."""
    return _move(config, cutover, "start", actor, reason, as_json=as_json)


@command.command(
    help="One step on, if the gate agrees: shadow → canary, its steps, candidate, retired.\n\n"
    "Exit code: the gate's (0 passed; 1 blocked; 3 insufficient; 4 paused)."
)
@_options
def advance(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Advance."""
    return _move(config, cutover, "advance", actor, reason, as_json=as_json)


@command.command(
    help="Hold it where it is. Traffic goes on as it does; `advance` is refused; a rollback never is."
)
@_options
def pause(config: str, cutover: str, actor: str | None, reason: str, *, as_json: bool) -> int:
    """Pause."""
    return _move(config, cutover, "pause", actor, reason, as_json=as_json)


@command.command(
    help="Let a paused cutover advance again; with --all, lift the override of `rollback --all`.\n\n"
    "Lifting takes the ledger and control: planes go back to what the ledger says now, and the audit keeps it."
)
@_options_with_all("Lift the override: planes go by the ledger again.")
def resume(
    config: str,
    cutover: str | None,
    actor: str | None,
    reason: str,
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Resume."""
    from strangler_cli import emergency, session

    if cutover := _named(cutover, everything=everything, as_json=as_json):
        return _move(config, cutover, "resume", actor, reason, as_json=as_json)
    return emergency.resume(config, actor or session.actor(), reason, yes=yes)


@command.command(
    help="Back to shadow: legacy answers everybody, the candidate goes on being compared. Always permitted.\n\n"
    "With --all, every cutover at once, for an emergency: it writes an override into the state folder, which planes "
    "follow within a second even while ledger and control are away, and until `resume --all` lifts it. Phases in the "
    "ledger stay as they are; `advance` is refused meanwhile; a retired cutover stays with the candidate."
)
@_options_with_all("Every cutover, now, without ledger or control.")
def rollback(
    config: str,
    cutover: str | None,
    actor: str | None,
    reason: str,
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Roll back."""
    from strangler_cli import emergency, session

    if cutover := _named(cutover, everything=everything, as_json=as_json):
        return _move(config, cutover, "rollback", actor, reason, as_json=as_json)
    return emergency.roll_back(config, actor or session.actor(), reason, yes=yes)


@command.command(help="Show one cutover as `strangler status` does, and what happened to it.")
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


def _named(cutover: str | None, *, everything: bool, as_json: bool) -> str | None:
    """The cutover that is meant; None for all. Raises UsageError unless it is one or the other."""
    from strangler.errors import UsageError

    if everything == (cutover is not None):
        what = f"`{cutover}` and --all: which of them?" if everything else "which cutover?"
        raise UsageError(what, remedy="name one, or say --all for every one of them")
    if everything and as_json:
        raise UsageError("--all prints words only", remedy="leave out --json, or name a cutover")
    return cutover


def _move(
    config: str, cutover: str, event: EventName, actor: str | None, reason: str, *, as_json: bool
) -> int:
    from strangler.errors import Refused
    from strangler_cli import session
    from strangler_cli.moving import move

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    if event == "advance":
        _not_overridden(loaded)
    with session.ledger_of(loaded, create=event == "start") as ledger:
        verdicts: list[Asked] = []
        who = actor or session.actor()
        try:
            moved = move(ledger, loaded, cutover, event, who, reason, session.now_ns(), verdicts.append)
        except Refused as refused:
            if not verdicts:
                raise
            # The gate's whole answer, which says more than the refusal; the exit code is the gate's.
            _print(_told(ledger, loaded, cutover, None, verdicts[0], refused.what), loaded, as_json=as_json)
            click.echo(f"strangler: {cutover} was not advanced: {refused.what}", err=True)
            return refused.exit_code
        _print(_told(ledger, loaded, cutover, moved, moved.asked, ""), loaded, as_json=as_json)
    return 0


def _told(
    ledger: Ledger, loaded: Loaded, cutover: str, moved: Moved | None, asked: Asked | None, refused: str
) -> Told:
    from strangler_cli import overriding, session, standing
    from strangler_cli.formats.moved import Told
    from strangler_cli.in_force import wait_in_force

    published = moved is not None and moved.generation is not None
    overridden = published and overriding.of(loaded) is not None
    in_force = None
    if moved is not None and moved.generation is not None and not overridden:
        in_force = wait_in_force(ledger, loaded, moved.generation, session.now_ns)
    with ledger.read() as connection:
        now = standing.standing(connection, loaded, session.now_ns(), only=cutover).cutovers[0]
    return Told(moved, asked, now, in_force, overridden, refused)


def _print(told: Told, loaded: Loaded, *, as_json: bool) -> None:
    from strangler_cli.formats import moved
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen

    if as_json:
        click.echo(dumped(moved.as_object(told, loaded)))
        return
    screen = Screen()
    moved.as_text(screen, told)
    screen.flush()


def _not_overridden(loaded: Loaded) -> None:
    from strangler.errors import Refused
    from strangler_cli import overriding
    from strangler_cli.standing import command as typed

    override = overriding.of(loaded)
    if override is not None:
        raise Refused(
            "an override is in force: legacy answers everybody"
            + (f" ({override.reason})" if override.reason else ""),
            where=str(overriding.folder(loaded)),
            remedy=f"`{typed(loaded, 'cutover', 'resume', '--all')}` first",
            exit_code=4,
        )
