"""Drawings as numbers: where bars stand in a box. Templates write the SVG, with a table of the same beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from strangler_dashboard.models.board import BinView
    from strangler_dashboard.models.divergence import TimelineView

UP: Final = 34
"""Height of the bars of what was compared; those of what differs hang below the line."""
DOWN: Final = 16
STEP: Final = 8
"""Of one bin, its gap of one included."""
TALL: Final = 64
_LEAST_RATE: Final = -6
"""Power of ten at which the scale of rates begins."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; all in the drawing's units."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Spark:
    """`most`, `most_different`: what the tallest bar of either kind stands for."""

    width: int
    height: int
    line: int
    compared: tuple[Bar, ...]
    different: tuple[Bar, ...]
    most: int
    most_different: int
    total: int
    total_different: int


def spark(bins: Sequence[BinView]) -> Spark:
    """What was compared stands on the line, what differed hangs from it, each on a scale of its own."""
    most = max((each.compared for each in bins), default=0)
    worst = max((each.different for each in bins), default=0)
    up = [(place, _height(each.compared, most, UP)) for place, each in enumerate(bins)]
    down = [(place, _height(each.different, worst, DOWN)) for place, each in enumerate(bins)]
    return Spark(
        width=max(1, len(bins)) * STEP,
        height=UP + DOWN + 1,
        line=UP,
        compared=tuple(Bar(place * STEP, UP - tall, STEP - 1, tall) for place, tall in up if tall),
        different=tuple(Bar(place * STEP, UP + 1, STEP - 1, tall) for place, tall in down if tall),
        most=most,
        most_different=worst,
        total=sum(each.compared for each in bins),
        total_different=sum(each.different for each in bins),
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars by bin; `bands`: x, width and version where the candidate's version was one and then another."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    bands: tuple[tuple[int, int, str], ...]
    most: int


def timeline(seen: TimelineView) -> Timeline:
    """How often a divergence was seen, bin by bin, over the versions that it was seen with."""
    order = list(dict.fromkeys(each.at for each in seen.seen))
    first = _minute(seen.since)
    sums: dict[int, int] = {}
    last: dict[int, str] = {}
    for each in seen.seen:
        place = (_minute(each.at) - first) // seen.minutes
        sums[place] = sums.get(place, 0) + each.count
        last[place] = each.version
    most = max(sums.values(), default=0)
    bars = [
        Bar(place * STEP, TALL - tall, STEP - 1, tall)
        for place, count in sorted(sums.items())
        if (tall := _height(count, most, TALL - 6))
    ]
    bands = _bands(last, seen.bins) if order else ()
    return Timeline(seen.bins * STEP, TALL, tuple(bars), bands, most)


def _bands(versions: dict[int, str], bins: int) -> tuple[tuple[int, int, str], ...]:
    starts: list[tuple[int, str]] = []
    for place, version in sorted(versions.items()):
        if not starts or starts[-1][1] != version:
            starts.append((place if starts else 0, version))
    ends = [place for place, _ in starts[1:]] + [bins]
    return tuple(
        (x * STEP, (end - x) * STEP, version) for (x, version), end in zip(starts, ends, strict=True)
    )


def paced(rows: Sequence[int]) -> Spark:
    """How many rows were filled, bin by bin."""
    most = max(rows, default=0)
    bars = [(place, _height(count, most, UP)) for place, count in enumerate(rows)]
    return Spark(
        width=max(1, len(rows)) * STEP,
        height=UP,
        line=UP,
        compared=tuple(Bar(place * STEP, UP - tall, STEP - 1, tall) for place, tall in bars if tall),
        different=(),
        most=most,
        most_different=0,
        total=sum(rows),
        total_different=0,
    )


def scale(rate: str) -> int:
    """Where a rate (decimal text) stands on a logarithmic scale from 0.0001 % to 100 %, in thousandths."""
    share = Decimal(rate)
    if share <= 0:
        return 0
    return max(0, min(1000, round((log10(share) - _LEAST_RATE) / -_LEAST_RATE * 1000)))


def share(part: str, whole: str) -> int:
    """How far a statistic is on its way to a threshold, in thousandths; both decimal text, also `inf` and `-inf`."""
    reached, wanted = Decimal(part), Decimal(whole)
    if reached.is_infinite() or wanted <= 0:
        return 1000 if reached > 0 else 0
    return max(0, min(1000, int(reached / wanted * 1000)))


def _height(count: int, most: int, tall: int) -> int:
    """At least one where there is anything at all."""
    return max(1, count * tall // most) if count else 0


def _minute(moment: str | None) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(moment).timestamp()) // 60 if moment else 0
