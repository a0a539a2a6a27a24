"""The parts of a migration as they are shown: stages, fills, waits, readers, what is unknown, what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from strangler_migrations.checks import Answer
from strangler_migrations.checks import said as in_words
from strangler_migrations.contract.judge import acknowledging
from strangler_migrations.running.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strangler_migrations.brownout import Brownout
    from strangler_migrations.overview import Fill, Phases, Wait
    from strangler_migrations.readers import Seen, Unknown
    from strangler_migrations.running.checking import Checked
    from strangler_migrations.running.store import Event

_BINS: Final = 60
_NAMES: Final = {
    "start": "expand",
    "backfill": "backfill",
    "verify": "verify",
    "complete": "contract",
    "drop": "drop",
}
"""A phase as the commands call it, and as it is called where people speak of it."""
_DONE: Final[dict[State, int]] = {
    State.EXPANDING: 0,
    State.EXPANDED: 1,
    State.BACKFILLING: 1,
    State.BACKFILLED: 2,
    State.VERIFYING: 2,
    State.VERIFIED: 3,
    State.CONTRACTING: 3,
    State.CONTRACTED: 4,
    State.DROPPING: 4,
    State.DROPPED: 5,
}
WAYS: Final = {
    "reads": "reads a view of the old version",
    "writes": "writes the old form",
    "table": "reads the table itself",
    "statement": "calls a statement of the old form",
    "refused": "was refused in a brownout",
}


class PauseView(msgspec.Struct, frozen=True):
    """Who holds a backfill up, and why."""

    actor: str
    reason: str
    at: str | None


class StageView(msgspec.Struct, frozen=True):
    """A phase. `stands`: `done`, `now` or `ahead`; `done`, `of`: statements."""

    name: str
    stands: str
    done: int
    of: int


class PaceView(msgspec.Struct, frozen=True):
    """Rows filled from `at` on, for as long as the fill's `bin_seconds`."""

    at: str | None
    rows: int


class FillView(msgspec.Struct, frozen=True):
    """A table's backfill. `total`: rows, the server's estimate; `rate`: rows a second in the last minute, with
    `left_seconds` and `ends_at` at that rate; None where nothing is filled now. `paces`: how it went, earliest first.
    """

    table: str
    rows: int
    done: bool
    total: int | None
    rate: int | None
    left_seconds: int | None
    ends_at: str | None
    bin_seconds: int
    paces: tuple[PaceView, ...]


class WaitView(msgspec.Struct, frozen=True):
    """A statement that waited for a lock: `seconds` from the first attempt to the last. `going`: it waits still."""

    what: str
    whom: str
    began_at: str | None
    seconds: int
    attempts: int
    going: bool


class CheckView(msgspec.Struct, frozen=True):
    """What the rows answered, in sentences; without the rows themselves."""

    name: str
    found: tuple[str, ...]
    at: str | None


class ReaderView(msgspec.Struct, frozen=True):
    """Somebody who uses the old form. `counts`: within the window, so the contract waits for it."""

    role: str
    application: str
    address: str
    way: str
    words: str
    first_seen: str | None
    last_seen: str | None
    counts: bool


class UnknownView(msgspec.Struct, frozen=True):
    """What nobody can see. `command` acknowledges it; empty where that was done, by `by`."""

    name: str
    what: str
    stale: bool
    by: str
    reason: str
    at: str | None
    command: str


class BrownoutView(msgspec.Struct, frozen=True):
    """The latest one."""

    began_at: str | None
    until: str | None
    over: bool
    actor: str
    reason: str
    refused: int


class EventView(msgspec.Struct, frozen=True):
    """An entry of the history."""

    at: str | None
    event: str
    actor: str
    detail: str


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def stages(state: State, phases: Iterable[Phases]) -> tuple[StageView, ...]:
    """The phases in their order. One that goes back, or went, stands in none."""
    known = {each.phase: each for each in phases}
    past = _DONE.get(state, -1)
    made = list[StageView]()
    for place, (phase, name) in enumerate(_NAMES.items()):
        stands = "done" if place < past else "now" if place == past else "ahead"
        found = known.get(phase)
        made.append(StageView(name, stands, found.done if found else 0, found.of if found else 0))
    return tuple(made)


def fill_view(fill: Fill) -> FillView:
    """One table."""
    paces, width = _binned(fill.paces)
    last = fill.paces[-1][0] if fill.paces else None
    ends = last + timedelta(seconds=fill.left_s) if last and fill.left_s is not None else None
    return FillView(
        table=fill.progress.filling.table,
        rows=fill.progress.rows,
        done=fill.progress.done,
        total=fill.total,
        rate=fill.rate,
        left_seconds=fill.left_s,
        ends_at=moment(ends),
        bin_seconds=width,
        paces=paces,
    )


def _binned(paces: tuple[tuple[datetime, int], ...]) -> tuple[tuple[PaceView, ...], int]:
    """Rows by bin, at most so many bins, none shorter than the notes are apart."""
    if len(paces) < 2:
        return (), 0
    start, lasted = paces[0][0], (paces[-1][0] - paces[0][0]) // timedelta(seconds=1)
    width = max(5, -(-lasted // _BINS))
    sums = [0] * (lasted // width + 1)
    for (since, before), (_, rows) in pairwise(paces):
        sums[(since - start) // timedelta(seconds=width)] += rows - before
    return tuple(
        PaceView(moment(start + timedelta(seconds=place * width)), rows) for place, rows in enumerate(sums)
    ), width


def wait_view(wait: Wait) -> WaitView:
    """One wait."""
    seconds = (wait.latest - wait.began) // timedelta(seconds=1)
    return WaitView(wait.what, wait.whom, moment(wait.began), seconds, wait.attempts, wait.going)


def check_view(checked: Checked) -> CheckView | None:
    """A check that was asked. What rows look like is left out: pages are not for that."""
    if checked.answer is None:
        return None
    bare = Answer(tuple(msgspec.structs.replace(each, samples=()) for each in checked.answer.findings))
    return CheckView(checked.check.name, tuple(in_words(checked.check, bare)), moment(checked.at))


def reader_view(seen: Seen, window: datetime) -> ReaderView:
    """One who was seen."""
    return ReaderView(
        role=seen.role,
        application=seen.application,
        address=seen.address,
        way=seen.way,
        words=WAYS[seen.way],
        first_seen=moment(seen.first_seen),
        last_seen=moment(seen.last_seen),
        counts=seen.last_seen >= window,
    )


def unknown_view(unknown: Unknown) -> UnknownView:
    """One that nobody can see."""
    word = unknown.acknowledged
    return UnknownView(
        name=unknown.name,
        what=unknown.what,
        stale=unknown.stale,
        by=word.actor if word else "",
        reason=word.reason if word else "",
        at=moment(word.at) if word else None,
        command="" if word else acknowledging(unknown.name),
    )


def brownout_view(found: Brownout, now: datetime) -> BrownoutView:
    """The latest."""
    until = found.ended or found.until
    return BrownoutView(
        moment(found.began), moment(until), found.over(now), found.actor, found.reason, found.refused
    )


def event_view(event: Event) -> EventView:
    """An entry."""
    return EventView(moment(event.at), event.event, event.actor, event.detail)
