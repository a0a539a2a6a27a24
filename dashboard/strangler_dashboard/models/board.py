"""The board: every cutover, as `status --json` has it, and how comparisons went lately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.clocks import fresh
from strangler.gate.standing import WORKER_SILENT_NS
from strangler.ledger.trend import Bin, Span, latest_minute, span_over, trend
from strangler.views.standing import Standing, standing
from strangler.views.status import OverrideView, StatusView, status_view
from strangler.views.words import iso
from strangler_dashboard.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.views.standing import CutoverStanding

BINS: Final = 48
_DAY: Final = 24 * 60
"""Minutes that the board looks back."""


class BinView(msgspec.Struct, frozen=True):
    """From `at` on, as long as the trend's `minutes`. `failed` is part of `different`."""

    at: str | None
    compared: int
    different: int
    failed: int


class RouteTrend(msgspec.Struct, frozen=True):
    """One route's bins, the earliest first."""

    route: str
    bins: tuple[BinView, ...]


class TrendView(msgspec.Struct, frozen=True):
    """How the routes of a cutover went: bins of `minutes` minutes, `since` the first one's beginning."""

    cutover: str
    minutes: int
    since: str | None
    until: str | None
    routes: tuple[RouteTrend, ...]
    together: tuple[BinView, ...]


class BoardView(msgspec.Struct, frozen=True):
    """`working`: a worker wrote lately, so what stands here is as of now."""

    status: StatusView
    working: bool
    trends: tuple[TrendView, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything of one moment that takes long to read: the board and the evidence are made of it. `findings`: cutover
    to the hash of what a decision on it rests on, for which every divergence of its epoch is looked at.
    """

    standing: Standing
    loaded: Loaded
    span: Span | None
    trends: dict[str, list[Bin]]
    at_ns: int
    findings: dict[str, str]

    def cutover(self, name: str) -> CutoverStanding:
        """Raises NotFound for a cutover the file does not have."""
        found = next((each for each in self.standing.cutovers if each.state.name == name), None)
        if found is None:
            raise NotFound(f"there is no cutover `{name}`", remedy="the board has them all")
        return found


def take(connection: Connection, loaded: Loaded, now_ns: int, *, only: str | None = None) -> Taken:
    """Read it, in one consistent view. `only`: one cutover."""
    found = standing(connection, loaded, now_ns, only=only, advice=False)
    findings = {each.state.name: each.evidence.findings_hash() for each in found.cutovers}
    last = latest_minute(connection)
    routes = [route for plan in loaded.config.cutovers.values() for route in plan.routes]
    if last is None:
        return Taken(found, loaded, None, {}, now_ns, findings)
    span = span_over(last - _DAY + 1, last, BINS)
    return Taken(found, loaded, span, trend(connection, routes, span), now_ns, findings)


def board_view(taken: Taken, override: OverrideView | None) -> BoardView:
    """The board. `override`: a `rollback --all` in force."""
    plans = taken.loaded.config.cutovers
    return BoardView(
        status=status_view(taken.standing, taken.loaded, override),
        working=is_working(taken),
        trends=tuple(
            trend_view(entry.state.name, plans[entry.state.name].routes, taken)
            for entry in taken.standing.cutovers
        ),
    )


def is_working(taken: Taken) -> bool:
    """Whether a worker wrote lately."""
    worker_ns = taken.standing.worker_ns
    return bool(worker_ns) and fresh(worker_ns, taken.at_ns, WORKER_SILENT_NS)


def trend_view(cutover: str, routes: tuple[str, ...], taken: Taken) -> TrendView:
    """How its routes went."""
    span = taken.span
    if span is None:
        return TrendView(cutover, 0, None, None, (), ())
    of_each = [RouteTrend(route, tuple(map(_bin, taken.trends[route]))) for route in routes]
    starts = [*span.starts(), span.starts()[-1] + span.width * 60_000_000_000]
    return TrendView(
        cutover=cutover,
        minutes=span.width,
        since=iso(starts[0]),
        until=iso(starts[-1]),
        routes=tuple(of_each),
        together=tuple(
            BinView(
                bins[0].at,
                sum(each.compared for each in bins),
                sum(each.different for each in bins),
                sum(each.failed for each in bins),
            )
            for bins in zip(*(each.bins for each in of_each), strict=True)
        ),
    )


def _bin(counted: Bin) -> BinView:
    return BinView(iso(counted.at_ns), counted.compared, counted.k, counted.candidate_failed)
