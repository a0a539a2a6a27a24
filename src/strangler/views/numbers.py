"""Document numbers, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.ledger.numbers import Kept


class FoundView(msgspec.Struct, frozen=True):
    """Numbers from `first` to `last` of which one thing is wrong."""

    kind: str
    first: int
    last: int
    at: str | None


class ExplainedView(msgspec.Struct, frozen=True):
    """Numbers of which somebody has said why they are as they are."""

    kind: str
    first: int
    last: int
    actor: str
    reason: str
    at: str | None


class SeriesView(msgspec.Struct, frozen=True):
    """One series. `drawn`: runs of numbers that were seen, as pairs."""

    series: str
    routes: tuple[str, ...]
    drawn: tuple[tuple[int, int], ...]
    open: tuple[FoundView, ...]
    acknowledged: tuple[ExplainedView, ...]


def series_view(kept: Kept) -> SeriesView:
    """One series."""
    return SeriesView(
        series=kept.name,
        routes=tuple(kept.series.routes),
        drawn=tuple((run.first, run.last) for run in kept.series.drawn),
        open=tuple(FoundView(each.kind, each.first, each.last, iso(each.at_ns)) for each in kept.open),
        acknowledged=tuple(
            ExplainedView(each.kind, each.first, each.last, each.actor, each.reason, iso(each.at_ns))
            for each in kept.acknowledged
        ),
    )
