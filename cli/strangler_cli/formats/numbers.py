"""Document numbers: the series, and what is wrong in them, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strangler.gate.numbers import ranges
from strangler.numbers import KINDS
from strangler_cli.screen import Cell, Column
from strangler_cli.words import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler.ledger.numbers import Kept
    from strangler.numbers import Finding
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


def as_object(kept: Kept) -> dict[str, Any]:
    """One series; the fields stand in docs/commands.md."""
    drawn = kept.series.drawn
    return {
        "series": kept.name,
        "routes": list(kept.series.routes),
        "drawn": [[run.first, run.last] for run in drawn],
        "open": [_finding(each) for each in kept.open],
        "acknowledged": [
            {
                "kind": each.kind,
                "first": each.first,
                "last": each.last,
                "actor": each.actor,
                "reason": each.reason,
                "at": iso(each.at_ns),
            }
            for each in kept.acknowledged
        ],
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {"kind": found.kind, "first": found.first, "last": found.last, "at": iso(found.at_ns)}
