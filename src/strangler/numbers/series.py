"""A series: what is known of the numbers drawn in it, bounded, and the same whatever order it came in. Pure.

Kept are the runs of numbers drawn, the runs of numbers read, a window of the highest numbers with their documents (as
keyed hashes) and times, and what a shadow showed alone. A double or a wrong order is told from the window as it stands,
since a draw may arrive after its own repetition; what leaves the window wrong is marked for good.

- A double: one number with two documents of one side, or drawn twice with two documents, or drawn by a side after the
  other had it already. A number drawn once more after it left the window is a double too: nothing is known of its
  document any more.
- Out of order: a draw that began after a draw of a higher number had ended. Draws that overlap in time may come in any
  order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import msgspec

from strangler.exchange import Side
from strangler.numbers.runs import Run, Runs, holds, holes, joined, without

type How = Literal["draw", "read", "alone"]

WINDOW: Final = 500
_RUNS: Final = 500
_MARKED: Final = 500
_ALONE: Final = 100
_DOCUMENTS: Final = 3


class Sighting(msgspec.Struct, frozen=True):
    """A number in an answer. `series`: its name; `document`: a keyed hash of the document's id.

    `how`: `draw`, by a request that issues documents; `read`, of a document that the side which serves has; `alone`,
    shown by a shadow while the side that serves everybody shows no such number. Times are of the request's beginning
    and the answer's end, Unix nanoseconds.
    """

    series: str
    number: int
    side: Side
    document: str
    how: How
    start_ns: int
    end_ns: int
    route: str = ""


class Mark(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A document that had the number on a side: first drawn (or read) between these times."""

    side: Side
    document: str
    start_ns: int
    end_ns: int


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A number of the window."""

    number: int
    draws: tuple[Mark, ...] = ()
    reads: tuple[Mark, ...] = ()


class Series(msgspec.Struct, frozen=True, array_like=True):
    """All that is kept. `doubles`, `disorder`: numbers with the time of it, `lost`: gaps too old to be kept apart."""

    drawn: Runs = ()
    read: Runs = ()
    window: tuple[Entry, ...] = ()
    alone: tuple[Mark, ...] = ()
    alone_numbers: tuple[int, ...] = ()
    doubles: Runs = ()
    disorder: Runs = ()
    lost: Runs = ()
    routes: tuple[str, ...] = ()


def merged(series: Series, sightings: Iterable[Sighting]) -> Series:
    """With what was seen since."""
    seen = list(sightings)
    draws = [each for each in seen if each.how == "draw"]
    reads = [each for each in seen if each.how == "read"]
    window = {entry.number: entry for entry in series.window}
    again = [
        Run(each.number, each.number, each.end_ns)
        for each in draws
        if each.number not in window and holds(series.drawn, each.number)
    ]
    for each in (*draws, *reads):
        window[each.number] = _noted(window.get(each.number, Entry(each.number)), each)
    entries = [window[number] for number in sorted(window)]
    drawn, lost = _bounded(
        joined(series.drawn, (Run(each.number, each.number, each.end_ns) for each in draws)), series.read
    )
    alone = _alone(series, seen, drawn)
    return Series(
        drawn=drawn,
        read=_read(
            joined(series.read, (Run(each.number, each.number, each.end_ns) for each in reads)), drawn
        ),
        window=tuple(entries[-WINDOW:]),
        alone=tuple(alone.values()),
        alone_numbers=tuple(alone),
        doubles=marked(series.doubles, (*again, *_leaving(entries, doubled))),
        disorder=marked(series.disorder, _leaving(entries, disordered)),
        lost=joined(series.lost, lost)[-_RUNS:],
        routes=tuple(sorted({*series.routes, *(each.route for each in seen)})),
    )


def _leaving(entries: Sequence[Entry], wrong: Callable[[Sequence[Entry]], Iterable[Run]]) -> Iterable[Run]:
    """What is wrong with entries that leave the window."""
    if len(entries) <= WINDOW:
        return ()
    return (run for run in wrong(entries) if run.first < entries[-WINDOW].number)


def _noted(entry: Entry, seen: Sighting) -> Entry:
    marks = entry.draws if seen.how == "draw" else entry.reads
    known = {(mark.side, mark.document): mark for mark in marks}
    mark = Mark(seen.side, seen.document, seen.start_ns, seen.end_ns)
    before = known.get((mark.side, mark.document))
    if before is not None and before.end_ns <= mark.end_ns:
        return entry
    known[mark.side, mark.document] = mark
    kept = tuple(sorted(known.values(), key=lambda each: (each.end_ns, each))[: 2 * _DOCUMENTS])
    return (
        Entry(entry.number, kept, entry.reads)
        if seen.how == "draw"
        else Entry(entry.number, entry.draws, kept)
    )


def doubled(entries: Sequence[Entry]) -> Iterable[Run]:
    """The numbers that two documents have, each with the time of the latest."""
    for entry in entries:
        if len(entry.draws) + len(entry.reads) > 1 and (at_ns := _doubled(entry)):
            yield Run(entry.number, entry.number, at_ns)


def _doubled(entry: Entry) -> int:
    """When a second document had the number; 0: none did."""
    first: dict[tuple[Side, str], int] = {}
    for mark in (*entry.draws, *entry.reads):
        key = (mark.side, mark.document)
        first[key] = min(mark.end_ns, first.get(key, mark.end_ns))
    times: list[int] = []
    if len(first) > len({side for side, _ in first}):
        for side in ("legacy", "candidate"):
            times += sorted(at_ns for (of, _), at_ns in first.items() if of == side)[1:]
    # One draw each of a document on a side: a repeated draw of the same document is merged into its first.
    times += sorted(draw.end_ns for draw in entry.draws)[1:]
    times += [draw.end_ns for draw in entry.draws if _had_already(entry, draw)]
    return max(times, default=0)


def _had_already(entry: Entry, draw: Mark) -> bool:
    """Whether the other side had the number before this draw began; a draw asked again is not one."""
    before = [read for read in entry.reads if read.end_ns < draw.start_ns]
    if not before or (draw.side, draw.document) in {(read.side, read.document) for read in before}:
        return False
    return any(read.side != draw.side for read in before)


def disordered(entries: Sequence[Entry]) -> Iterable[Run]:
    """The numbers whose draw began after that of a higher one had ended, each with the time of its beginning."""
    ended = None
    for entry in reversed(entries):
        begun = min((draw.start_ns for draw in entry.draws), default=None)
        if begun is None:
            continue
        if ended is not None and ended < begun:
            yield Run(entry.number, entry.number, begun)
        end = min(draw.end_ns for draw in entry.draws)
        ended = end if ended is None else min(ended, end)


def marked(marked: Runs, more: Iterable[Run]) -> Runs:
    """One for each number, with its latest time: a further offence must not hide behind an acknowledged one."""
    latest = {run.first: run for run in marked}
    for run in more:
        before = latest.get(run.first)
        if before is None or (before.last == run.last and before.at_ns < run.at_ns):
            latest[run.first] = run
    runs = [latest[first] for first in sorted(latest)]
    while len(runs) > _MARKED:
        runs[:2] = [Run(runs[0].first, max(runs[0].last, runs[1].last), max(runs[0].at_ns, runs[1].at_ns))]
    return tuple(runs)


def _bounded(drawn: Runs, read: Runs) -> tuple[Runs, Runs]:
    """The runs that are kept apart; what is missing between those that no longer are, is lost for good."""
    if len(drawn) <= _RUNS:
        return drawn, ()
    low, kept = drawn[: -_RUNS + 1], drawn[-_RUNS + 1 :]
    missing = tuple(left for hole in holes(drawn)[: len(low) - 1] for left in without(hole, read))
    return (Run(low[0].first, low[-1].last, min(run.at_ns for run in low)), *kept), missing


def _read(read: Runs, drawn: Runs) -> Runs:
    """What can still fill a gap: nothing below the first number drawn, nothing that was drawn."""
    if drawn:
        read = tuple(left for run in read if run.last > drawn[0].first for left in without(run, drawn))
    return read[-_RUNS:]


def _alone(series: Series, seen: Sequence[Sighting], drawn: Runs) -> dict[int, Mark]:
    """What a shadow showed alone, by number, the earliest sighting of each."""
    found = dict(zip(series.alone_numbers, series.alone, strict=True))
    for each in seen:
        mark = Mark(each.side, each.document, each.start_ns, each.end_ns)
        before = found.get(each.number)
        if each.how == "alone" and (before is None or (mark.end_ns, mark) < (before.end_ns, before)):
            found[each.number] = mark
    drawn_since = (number for number in list(found) if holds(drawn, number))
    for number in drawn_since:
        del found[number]
    first = sorted(found.items(), key=lambda item: (item[1].end_ns, item[0]))[:_ALONE]
    return dict(sorted(first))
