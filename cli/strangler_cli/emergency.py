"""Everything to legacy at once, without control and without the ledger; and back as the ledger says.

`cutover rollback --all` writes first and asks the ledger afterwards: a ledger that hangs must not hold up a rollback.
`cutover resume --all` is the other way round: what planes go back to is the ledger's to say.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from strangler.errors import Conflict, StranglerError, UsageError
from strangler.routing import Table
from strangler_cli import overriding, session
from strangler_cli.confirming import confirmed
from strangler_cli.screen import Screen
from strangler_shadow import override as overrides

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.routing.table import Phase
    from strangler_cli.overriding import Place
    from strangler_shadow.override import Override


def roll_back(config: str, actor: str, reason: str, *, yes: bool) -> int:
    """Put the override there; the exit code.

    Raises UsageError where no plane has run or the folder cannot be written, ConfigError where a broken file leaves
    no folder to be found.
    """
    screen, place = Screen(), overriding.place(config)
    if not place.state.is_dir():
        raise UsageError(
            "no plane has run here: there is nothing to roll back",
            where=str(place.state),
            remedy="`--config FILE` names the strangler.yaml that `serve` runs with",
        )
    known = overrides.last_table(place.state) or Table(0, 0)
    stands = overrides.in_force(place.state)
    made = _override(known, stands, actor, reason)
    if stands is not None and stands.routes == made.routes:
        screen.line(f"an override is in force already, by {stands.actor}; nothing changed")
        screen.line(f"lift it: {_lifting(config)}", "strong")
        return 0
    if not confirmed("legacy is to answer everybody?", yes=yes):
        return 1
    _write(place.state, made)
    _said(screen, place, made, known)
    _journalled(screen, place, made, known)
    screen.line(f"lift it: {_lifting(config)}", "strong")
    return 0


def resume(config: str, actor: str, reason: str, *, yes: bool) -> int:
    """Take it away, once the ledger has it in its audit and control hands out a table above it; the exit code.

    Raises ConfigError, LedgerUnavailable, and Conflict while control has not heard of that table: the override stays.
    """
    screen, loaded = Screen(), session.configuration(config)
    state = overriding.folder(loaded)
    stands = overrides.in_force(state)
    if stands is None:
        screen.line("no override is in force; nothing changed")
        return 0
    if not confirmed("planes are to go by the ledger again?", yes=yes):
        return 1
    table = _given_back(loaded, stands, actor, reason)
    try:
        overrides.lift(state)
    except OSError as error:
        raise _not_written(state, error) from error
    screen.line(
        f"the override is lifted, by {actor}; planes have routing table {table.generation} within a second"
    )
    for words in _phases(table):
        screen.line(f"  {words}")
    return 0


def _override(table: Table, stands: Override | None, actor: str, reason: str) -> Override:
    above = stands.generation if stands else 0
    return overrides.on_legacy(table, session.now_ns(), reason=reason, actor=actor, above=above)


def _write(state: Path, override: Override) -> None:
    try:
        overrides.put(state, override)
    except OSError as error:
        raise _not_written(state, error) from error


def _not_written(state: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the override cannot be changed: {error.strerror or error}",
        where=str(state),
        remedy="it takes the user that runs `serve`, and room on the disk",
    )


def _said(screen: Screen, place: Place, made: Override, known: Table) -> None:
    by = f", by {made.actor}" + (f": {made.reason}" if made.reason else "")
    screen.line(f"legacy answers everybody{by}", "good")
    for name in overrides.moved(known.routes):
        screen.line(f"  {name}: back from the candidate, which goes on being compared")
        for effect in _handed_back(place.loaded, name, known):
            screen.line(f"    hand back `{effect}`: stop it on candidate, then start it on legacy", "warn")
    for name in overrides.kept(known.routes):
        screen.line(
            f"  {name}: retired, so the candidate goes on; nothing proves that legacy could serve it", "warn"
        )
    now = "its planes have it within a second" if _served(place.state) else "no `serve` runs on it now"
    screen.line(f"  override {made.generation} in {place.state}: {now}")
    screen.line("  planes of another machine have a folder of their own: say it there too")
    screen.flush()


def _handed_back(loaded: Loaded | None, cutover: str, known: Table) -> tuple[str, ...]:
    if loaded is None or cutover not in loaded.config.cutovers:
        return ()
    from strangler.ledger.effects import handed_back

    phase: Phase = next(entry.phase for entry in known.routes if entry.cutover == cutover)
    return handed_back(loaded.config, cutover, phase, "shadow")


def _served(state: Path) -> bool:
    try:
        from strangler_shadow.supervisor.lock import is_locked
    except ImportError:  # the core alone is installed: nothing can serve on this machine
        return False
    return is_locked(state)


def _journalled(screen: Screen, place: Place, made: Override, known: Table) -> None:
    """Traffic is safe by now: whatever fails here is said, and is no failure of the rollback."""
    if place.loaded is None:
        screen.line(f"  the audit has no entry, lifting writes one: {place.problem}", "warn")
        return
    try:
        _in_ledger(screen, place.loaded, place.state, made, known)
    except StranglerError as error:
        screen.line(f"  the audit has no entry, lifting writes one: {error}", "warn")


def _in_ledger(screen: Screen, loaded: Loaded, state: Path, made: Override, known: Table) -> None:
    from strangler.ledger.cutovers import current_table
    from strangler_cli.in_force import wait_reported

    with session.ledger_of(loaded) as ledger:
        with ledger.begin() as connection:
            newest = current_table(connection)
            if newest is not None and newest.generation > known.generation:
                # No plane has kept the latest table; what it says of routes and retired cutovers holds here too.
                made, known = _override(newest, made, made.actor, made.reason), newest
                _write(state, made)
            moved = overrides.moved(known.routes)
            overriding.journal(
                connection, overriding.SET, made, moved, made.actor, session.now_ns(), made.reason
            )
        seen = wait_reported(ledger, made.generation, session.now_ns)
    if seen.planes:
        screen.line(
            f"  {seen.have_it} of {seen.planes} planes report it in force",
            "good" if seen.have_it == seen.planes else "warn",
        )


def _given_back(loaded: Loaded, stands: Override, actor: str, reason: str) -> Table:
    """The table that planes go by once the override is gone: above it, written, audited, and at control."""
    from strangler.ledger.cutovers import republish
    from strangler_cli.in_force import handed_out

    now, floor = session.now_ns(), stands.generation + 1
    with session.ledger_of(loaded) as ledger:
        with ledger.begin() as connection:
            table = republish(
                connection, loaded.config, now_ns=now, actor=actor, reason=reason or "override", floor=floor
            )
        if not handed_out(loaded, table.generation):
            raise Conflict(
                f"control does not hand out routing table {table.generation} yet; the override stays",
                where=str(overriding.folder(loaded)),
                remedy="`strangler status` says what control lacks; then say it again",
            )
        with ledger.begin() as connection:
            moved = overrides.moved(table.routes)
            overriding.journal(connection, overriding.LIFTED, stands, moved, actor, now, reason)
    return table


def _phases(table: Table) -> list[str]:
    from strangler.views.words import percent

    found = {entry.cutover: entry for entry in table.routes if entry.cutover}
    return [
        f"{name}: {entry.phase}" + (f" {percent(entry.weight)}" if entry.phase == "canary" else "")
        for name, entry in sorted(found.items())
    ]


def _lifting(config: str) -> str:
    named = [] if config == "strangler.yaml" else ["--config", config]
    return shlex.join(["strangler", *named, "cutover", "resume", "--all"])
