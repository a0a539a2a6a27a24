"""Document numbers: the series, and what is wrong in them, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.gate.numbers import ranges
from strangler.numbers import KINDS
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler.ledger.numbers import Kept
    from strangler_cli.screen import Screen

_COLUMNS = (
    Column("series"),
    Column("drawn", right=True),
    Column("first", right=True),
    Column("last", right=True),
    Column("gap", wrap=True),
    Column("double", wrap=True),
    Column("out of order", wrap=True),
    Column("by a shadow", wrap=True),
    Column("acknowledged", right=True),
)


def as_text(screen: Screen, kept: Sequence[Kept]) -> None:
    """A line for each series."""
    if not kept:
        screen.line("no number was seen yet; `numbers` of a route says where they stand (docs/numbers.md)")
        return
    screen.table(_COLUMNS, [_row(each) for each in kept])


def _row(kept: Kept) -> list[Cell]:
    drawn = kept.series.drawn
    cells: list[Cell] = [
        kept.name,
        f"{sum(run.last - run.first + 1 for run in drawn):,}",
        str(drawn[0].first) if drawn else "-",
        str(drawn[-1].last) if drawn else "-",
    ]
    for kind in KINDS:
        those = [each for each in kept.open if each.kind == kind]
        cells.append((ranges(those), "bad") if those else "-")
    return [*cells, f"{len(kept.acknowledged):,}"]
