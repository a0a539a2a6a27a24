"""What a comparison of two tables came to, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from strangler.views.words import counted, iso
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler_cli.screen import Screen, Tone
    from strangler_migrations.parity import Difference, Evidence, SideSeen

_COLUMNS = (
    Column("row", wrap=True),
    Column("what"),
    Column("left", wrap=True),
    Column("right", wrap=True),
    Column("cause"),
)
_TONES: dict[str, Tone] = {"equal": "good", "different": "bad", "unfinished": "warn"}


def as_object(evidence: Evidence) -> dict[str, Any]:
    """`{"verdict", "digest", "evidence": {…}}`; times are Unix nanoseconds, as they are hashed."""
    return {
        "verdict": evidence.verdict,
        "digest": evidence.digest,
        "evidence": msgspec.to_builtins(evidence),
    }


def as_text(screen: Screen, evidence: Evidence) -> None:
    """The verdict, both sides, the counts, the first differences."""
    counts = evidence.counts
    screen.line(
        f"{evidence.verdict}: {counted(max(evidence.left.rows, evidence.right.rows), 'row')} compared,"
        f" {counts.different:,} differ",
        _TONES[evidence.verdict],
    )
    for label, side in (("left", evidence.left), ("right", evidence.right)):
        screen.line(f"  {label:6}{_side(side)}")
    screen.line(
        f"  by {', '.join(evidence.key)}; {counted(len(evidence.columns), 'column')}; {_how(evidence)}"
    )
    for line in _remarks(evidence):
        screen.line(f"  {line}")
    rows: list[list[Cell]] = [row for each in evidence.differences for row in _rows(each)]
    if rows:
        screen.line()
        screen.table(_COLUMNS, rows, indent=2)
        left = counts.different - len(evidence.differences)
        if left > 0:
            screen.line(f"  and {counted(left, 'row')} more (--list shows more)", "dim")
    screen.line(f"evidence {evidence.digest}", "dim")


def _side(side: SideSeen) -> str:
    when = iso(side.first_snapshot_ns) or "never"
    return f"{side.server} ({side.version}), {side.relation}: {counted(side.rows, 'row')}, as of {when}"


def _how(evidence: Evidence) -> str:
    snapshots = max(evidence.left.snapshots, evidence.right.snapshots)
    one = (
        "one snapshot of both" if evidence.one_snapshot and snapshots == 1 else counted(snapshots, "snapshot")
    )
    return f"{counted(evidence.ranges, 'range')}, {one}"


def _remarks(evidence: Evidence) -> list[str]:
    counts = evidence.counts
    said = (
        (counts.moved, "differed at first and then no more: they moved"),
        (counts.tolerated, "are stored differently and the same under the rules"),
        (counts.unsettled, "changed at every look: nothing is proven of them"),
        (evidence.reconnects, "times a connection was lost and made anew"),
    )
    remarks = [f"{number:,} {words}" for number, words in said if number]
    return remarks if evidence.complete else [*remarks, "not all rows were looked at"]


def _rows(difference: Difference) -> list[list[Cell]]:
    row = ", ".join(f"{name}={value}" for name, value in difference.key.items())
    if difference.kind != "changed":
        words = {"missing": "right lacks it", "surplus": "left lacks it", "duplicate": "there more than once"}
        return [[row, (words[difference.kind], "bad"), "", "", ""]]
    return [
        [row, each.column, _value(each.left), _value(each.right), each.cause] for each in difference.columns
    ]


def _value(value: str | None) -> Cell:
    return ("NULL", "dim") if value is None else value
