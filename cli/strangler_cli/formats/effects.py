"""Effects: who owns what runs by itself, and what is known of each side, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.views.words import ago
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from strangler.effects import Standing
    from strangler.exchange import Side
    from strangler_cli.screen import Screen, Tone

_COLUMNS = (
    Column("cutover"),
    Column("effect"),
    Column("kind"),
    Column("owner"),
    Column("next"),
    Column("legacy", wrap=True),
    Column("candidate", wrap=True),
)


def as_text(screen: Screen, found: Sequence[tuple[str, Standing]], now_ns: int) -> None:
    """A line for each."""
    if not found:
        screen.line("no cutover declares effects; docs/effects.md says how")
        return
    rows: list[list[Cell]] = [
        [
            cutover,
            effect.name,
            effect.kind,
            effect.owner,
            "stays" if effect.owner == effect.following else effect.following,
            _cell(effect, "legacy", now_ns),
            _cell(effect, "candidate", now_ns),
        ]
        for cutover, effect in found
    ]
    screen.table(_COLUMNS, rows)


def alarms(effect: Standing, now_ns: int) -> Iterator[tuple[str, Tone]]:
    """What `status` has to say of it: both at work, nobody at work, to be handed back."""
    for side in effect.wrong(now_ns):
        also = "too" if effect.side(effect.owner).seen(now_ns) == "active" else f"and not on {effect.owner}"
        yield f"`{effect.name}` is at work on {side} {also}; it is {effect.owner}'s", "bad"
    if effect.back and not _home(effect, now_ns):
        yield f"`{effect.name}` is to be handed back: stop it on candidate, then start it on legacy", "warn"
    elif effect.idle(now_ns) and effect.owner == effect.following:
        yield f"`{effect.name}` is quiet on {effect.owner}, whose it is: nobody does it", "warn"


def _home(effect: Standing, now_ns: int) -> bool:
    return effect.candidate.seen(now_ns) == "quiet" and effect.legacy.seen(now_ns) == "active"


def _cell(effect: Standing, side: Side, now_ns: int) -> Cell:
    quiet = effect.side(side)
    said, person = quiet.said, quiet.acknowledged
    words = "no probe"
    if quiet.probed:
        words = "not asked yet" if said is None else f"{said.word} ({said.detail}), {ago(said.at_ns, now_ns)}"
    if person is not None:
        words += f"; quiet, says {person.actor} {ago(person.at_ns, now_ns)}: {person.reason}"
    return words, "bad" if side in effect.wrong(now_ns) else ""
