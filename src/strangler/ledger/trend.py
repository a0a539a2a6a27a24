"""How comparisons and divergences went over time, from the counts that are kept by the minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from strangler.ledger import tables
from strangler.ledger.tables import MINUTE_NS

_COUNTED = ("n", "k", "candidate_failed", "unsettled", "duplicates")


@dataclass(frozen=True, slots=True)
class Span:
    """So many bins of `width` minutes each, from the minute `first` on."""

    first: int
    width: int
    bins: int

    @property
    def end(self) -> int:
        """The minute after its last."""
        return self.first + self.width * self.bins

    def starts(self) -> list[int]:
        """Unix ns at which each bin begins."""
        return [(self.first + number * self.width) * MINUTE_NS for number in range(self.bins)]


@dataclass(frozen=True, slots=True)
class Bin:
    """What was counted in one bin; see `evidence.Cell`. `compared`: repeats too."""

    at_ns: int
    n: int = 0
    k: int = 0
    candidate_failed: int = 0
    unsettled: int = 0
    duplicates: int = 0

    @property
    def compared(self) -> int:
        """Every comparison as it came."""
        return self.n + self.duplicates


def span_over(first: int, last: int, bins: int) -> Span:
    """One that holds the minutes `first` to `last`, both included; bins begin at whole multiples of their width."""
    width = max(1, -(-(last - first + 1) // bins))
    start = first - first % width
    return Span(start, width, max(1, -(-(last + 1 - start) // width)))


def latest_minute(connection: Connection) -> int | None:
    """The last in which anything was compared."""
    return connection.execute(select(func.max(tables.minutes.c.minute))).scalar()


def trend(connection: Connection, routes: Sequence[str], span: Span) -> dict[str, list[Bin]]:
    """Of each route, every bin of the span, over all epochs and strata."""
    table = tables.minutes
    number = ((table.c.minute - span.first) // span.width).label("bin")
    sums = [func.sum(table.c[name]).label(name) for name in _COUNTED]
    statement = (
        select(table.c.route, number, *sums)
        .where(table.c.minute >= span.first, table.c.minute < span.end, table.c.route.in_(routes))
        .group_by(table.c.route, number)
    )
    out = {route: [Bin(at_ns) for at_ns in span.starts()] for route in routes}
    for row in connection.execute(statement).mappings():
        counts = {name: int(row[name]) for name in _COUNTED}
        bins = out[row["route"]]
        bins[row["bin"]] = Bin(bins[row["bin"]].at_ns, **counts)
    return out


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a divergence was seen in one bin with one version."""

    at_ns: int
    version: str
    count: int


def seen_over_time(connection: Connection, divergence: str, bins: int) -> tuple[Span, list[Seen]] | None:
    """Over all the time in which it was seen; None where that was never."""
    table, epochs = tables.divergence_minutes, tables.epochs
    of_it = table.c.divergence == divergence
    first, last = connection.execute(
        select(func.min(table.c.minute), func.max(table.c.minute)).where(of_it)
    ).one()
    if first is None:
        return None
    span = span_over(first, last, bins)
    number = ((table.c.minute - span.first) // span.width).label("bin")
    statement = (
        select(number, epochs.c.version, func.sum(table.c.count))
        .join(epochs, epochs.c.id == table.c.epoch)
        .where(of_it)
        .group_by(number, epochs.c.version)
        .order_by(number, epochs.c.version)
    )
    starts = span.starts()
    rows = connection.execute(statement)
    return span, [Seen(starts[place], version, int(count)) for place, version, count in rows]


def seen_by_stratum(connection: Connection, divergence: str) -> list[tuple[str, int]]:
    """Stratum and how often it was seen there, most often first."""
    table = tables.divergence_minutes
    count = func.sum(table.c.count)
    statement = (
        select(table.c.stratum, count)
        .where(table.c.divergence == divergence)
        .group_by(table.c.stratum)
        .order_by(count.desc(), table.c.stratum)
    )
    return [(stratum, int(number)) for stratum, number in connection.execute(statement)]
