"""What came of `strangler cutover VERB`, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strangler.views.status import cutover_view
from strangler_cli.formats import verdict
from strangler_cli.formats.history import where

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.moving import Moved
    from strangler.views.standing import CutoverStanding
    from strangler_cli.formats.verdict import Asked
    from strangler_cli.in_force import InForce
    from strangler_cli.screen import Screen


@dataclass(frozen=True, slots=True)
class Told:
    """`moved`: None where the gate refused, for the reason in `refused`. `in_force`: None where nothing was published,
    or while an override holds (`overridden`). `now`: the cutover after it. `handed_back`: effects that
    are legacy's again.
    """

    moved: Moved | None
    asked: Asked | None
    now: CutoverStanding
    in_force: InForce | None = None
    overridden: bool = False
    refused: str = ""
    handed_back: tuple[str, ...] = ()


def as_text(screen: Screen, told: Told) -> None:
    """From where to where, on what evidence, whether planes have it, and what is next."""
    moved = told.moved
    if moved is None:
        if told.asked is not None:
            verdict.as_text(screen, told.asked)
        return
    if moved.generation is None:
        screen.line(f"{moved.after.name}: {where(moved.after)} already; nothing changed")
    else:
        before, after = moved.before, moved.after
        screen.line(f"{after.name}: {where(before)} → {where(after)}, by {after.actor}", "good")
        if told.asked is not None:
            attempt = f"attempt {told.asked.attempt}, " if told.asked.attempt else ""
            screen.line(f"  the gate passed ({attempt}{told.asked.compared:,} compared)")
        if moved.resolved:
            screen.line(f"  {moved.resolved} divergences were not seen any more: resolved")
        _table(screen, moved.generation, told)
        for name in told.handed_back:
            screen.line(f"  hand back `{name}`: stop it on candidate, then start it on legacy", "warn")
    typed = f": {told.now.next_command}" if told.now.next_command else ""
    screen.line(f"next: {told.now.next_words}{typed}")


def _table(screen: Screen, generation: int, told: Told) -> None:
    table, seen = f"  routing table {generation}", told.in_force
    if seen is None:
        screen.line(f"{table}: in force once the override is lifted", "warn")
    elif not seen.planes:
        screen.line(f"{table}: no plane carries traffic now; the next one begins with it")
    elif seen.have_it == seen.planes:
        planes = "the plane has it" if seen.planes == 1 else f"all {seen.planes} planes have it"
        screen.line(f"{table}: {planes} in force")
    else:
        missing = f"{seen.planes - seen.have_it} of {seen.planes} planes do not report it yet"
        screen.line(f"{table}: {missing}; `strangler status` says when", "warn")


def as_object(told: Told, loaded: Loaded) -> dict[str, Any]:
    """The same keys whatever came of it; they stand in docs/commands.md."""
    moved, seen = told.moved, told.in_force
    published = moved is not None and moved.generation is not None
    return {
        "changed": published,
        "refused": told.refused or None,
        "gate": None if told.asked is None else verdict.as_object(told.asked),
        "table": {
            "generation": moved.generation,
            "overridden": told.overridden,
            "planes": seen.planes if seen else None,
            "have_it": seen.have_it if seen else None,
        }
        if moved is not None and published
        else None,
        "resolved": moved.resolved if moved else 0,
        "handed_back": list(told.handed_back),
        "cutover": cutover_view(told.now, loaded),
    }
