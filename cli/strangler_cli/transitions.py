"""Carry out a transition, see it in force, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from strangler_cli import session

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.cutover import EventName
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.moving import Heard, Moved
    from strangler.ledger.store import Ledger
    from strangler_cli.formats.moved import Told
    from strangler_cli.formats.verdict import Asked

type Act = Callable[[Ledger, Heard], Moved]


def done(
    config: str,
    cutover: str,
    event: EventName,
    actor: str | None,
    reason: str,
    *,
    until_ns: int = 0,
    as_json: bool,
) -> int:
    """One event of a cutover. The exit code: the gate's, where it refused."""
    from strangler.cutover import Event
    from strangler.ledger.moving import move

    loaded = session.configuration(config)
    session.known_cutover(loaded, cutover)
    if event == "advance":
        not_overridden(loaded)
    asked_for = Event(event, actor or session.actor(), reason, until_ns=until_ns)
    return carried_out(
        loaded,
        cutover,
        lambda ledger, heard: move(ledger, loaded, cutover, asked_for, session.now_ns(), heard=heard),
        create=event == "start",
        as_json=as_json,
    )


def carried_out(loaded: Loaded, cutover: str, act: Act, *, create: bool = False, as_json: bool) -> int:
    """Do it and tell it. Where the gate refused, its whole answer is told, and its exit code returned."""
    from strangler.errors import Refused
    from strangler_cli.asking import asked

    with session.ledger_of(loaded, create=create) as ledger:
        verdicts: list[Asked] = []

        def heard(verdict: Verdict, evidence: Evidence) -> None:
            verdicts.append(asked(verdict, evidence, loaded))

        try:
            moved = act(ledger, heard)
        except Refused as refused:
            if not verdicts:
                raise
            # The gate's whole answer, which says more than the refusal; the exit code is the gate's.
            _print(_told(ledger, loaded, cutover, None, verdicts[0], refused.what), loaded, as_json=as_json)
            click.echo(f"strangler: {cutover} was not advanced: {refused.what}", err=True)
            return refused.exit_code
        verdict = verdicts[0] if verdicts else None
        _print(_told(ledger, loaded, cutover, moved, verdict, ""), loaded, as_json=as_json)
    return 0


def _told(
    ledger: Ledger, loaded: Loaded, cutover: str, moved: Moved | None, asked: Asked | None, refused: str
) -> Told:
    from strangler.views import standing
    from strangler_cli import overriding
    from strangler_cli.formats.moved import Told
    from strangler_cli.in_force import wait_in_force

    published = moved is not None and moved.generation is not None
    overridden = published and overriding.of(loaded) is not None
    in_force = None
    if moved is not None and moved.generation is not None and not overridden:
        in_force = wait_in_force(ledger, loaded, moved.generation, session.now_ns)
    with ledger.read() as connection:
        now = standing.standing(connection, loaded, session.now_ns(), only=cutover).cutovers[0]
    return Told(moved, asked, now, in_force, overridden, refused, _handed_back(loaded, moved))


def _handed_back(loaded: Loaded, moved: Moved | None) -> tuple[str, ...]:
    from strangler.ledger.effects import handed_back

    if moved is None:
        return ()
    return handed_back(loaded.config, moved.after.name, moved.before.phase, moved.after.phase)


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


def not_overridden(loaded: Loaded) -> None:
    """Raises Refused while `rollback --all` holds."""
    from strangler.views.standing import command as typed
    from strangler_cli import overriding
    from strangler_shadow.override import refuse_under

    refuse_under(overriding.folder(loaded), typed(loaded, "cutover", "resume", "--all"))
