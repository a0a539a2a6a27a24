"""What is wrong in a series, at a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from strangler.numbers.runs import Run, holds, holes, without
from strangler.numbers.series import Series, disordered, doubled, marked

type Kind = Literal["gap", "double", "order", "shadow"]

KINDS: Final[tuple[Kind, ...]] = ("gap", "double", "order", "shadow")


@dataclass(frozen=True, slots=True)
class Finding:
    """Numbers `first` to `last` are missing, doubled, out of order, or were drawn by a shadow, as is known since
    `at_ns`.
    """

    kind: Kind
    first: int
    last: int
    at_ns: int


def findings(series: Series, now_ns: int, settle_ns: int) -> tuple[Finding, ...]:
    """All of them, by kind and number. A gap, and what a shadow showed alone, counts once it is `settle_ns` old: what
    was drawn beside it may still be on its way.
    """
    return tuple(
        Finding(kind, run.first, run.last, run.at_ns)
        for kind in KINDS
        for run in sorted(_RUNS[kind](series, now_ns - settle_ns), key=lambda run: run.first)
    )


def _gaps(series: Series, before_ns: int) -> Iterator[Run]:
    known = tuple(sorted((*series.read, *_drawn_late(series)), key=lambda run: run.first))
    for hole in (*holes(series.drawn), *series.lost):
        if hole.at_ns < before_ns:
            yield from without(hole, known)


def _drawn_late(series: Series) -> Iterator[Run]:
    """Numbers drawn, as they stand in the window: what was lost among folded runs may have come since."""
    return (
        (Run(entry.number, entry.number, 0) for entry in series.window if entry.draws)
        if series.lost
        else iter(())
    )


def _shadows(series: Series, before_ns: int) -> Iterator[Run]:
    for number, mark in zip(series.alone_numbers, series.alone, strict=True):
        if mark.end_ns >= before_ns or holds(series.drawn, number) or holds(series.read, number):
            continue
        if any(entry.number == number for entry in series.window):
            continue
        highest = max(
            (
                entry.number
                for entry in series.window
                if any(each.end_ns < mark.end_ns for each in (*entry.draws, *entry.reads))
            ),
            default=None,
        )
        if highest is not None and number > highest:
            yield Run(number, number, mark.end_ns)


_RUNS: Final = {
    "gap": _gaps,
    "double": lambda series, _: marked(series.doubles, doubled(series.window)),
    "order": lambda series, _: marked(series.disorder, disordered(series.window)),
    "shadow": _shadows,
}
