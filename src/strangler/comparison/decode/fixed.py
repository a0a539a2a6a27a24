"""Columns of fixed width, as bank files have them: `$[i].column`, every value as it stands, its padding included.

Which columns there are only the configuration can say. What stands where none was declared is not lost: it is a
member named by its place (`#25-30`), left out where it is blank. A line that ends within the columns, or goes on
behind the last, is an anomaly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.declared import FixedColumn, FixedLayout
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.media import MediaType
from strangler.comparison.decode.rows import Rows
from strangler.comparison.model import Anomaly, Decoded, Node
from strangler.errors import DecodeError

_LISTED: Final = 20


def decode_fixed(body: bytes, media: MediaType, context: Context) -> Decoded:
    """A list of rows. Raises DecodeError where the bytes are not of their charset."""
    layout = context.declared.layout if context.declared is not None else None
    if not isinstance(layout, FixedLayout):
        raise DecodeError("no columns are declared", media=media.name)
    text, found = text_of(body, media, default="utf-8")
    anomalies = list(found)
    columns = _with_gaps(layout.columns)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    root: list[Node] = [
        _row(position, line.removesuffix("\r"), columns, anomalies) for position, line in enumerate(lines)
    ]
    return Decoded(root, media.name, tuple(anomalies), Rows("line", 1, len(root)))


def _with_gaps(declared: Sequence[FixedColumn]) -> list[FixedColumn]:
    """The columns from left to right, and what lies between them, named by its place."""
    columns: list[FixedColumn] = []
    end = 0
    for column in sorted(declared, key=lambda each: each.first):
        if column.first > end + 1:
            columns.append(_gap(end + 1, column.first - 1))
        columns.append(column)
        end = column.last
    return columns


def _gap(first: int, last: int) -> FixedColumn:
    return FixedColumn(f"#{first}-{last}", first, last)


def _row(position: int, line: str, columns: Sequence[FixedColumn], anomalies: list[Anomaly]) -> Node:
    row: dict[str, Node] = {}
    size, width = len(line), columns[-1].last
    for column in columns:
        if column.first > size:
            break
        value = line[column.first - 1 : column.last]
        if column.name[0] != "#" or value.strip():
            row[column.name] = value
    if size > width:
        row[f"#{width + 1}-"] = line[width:]
    if size != width and len(anomalies) < _LISTED:
        code = "long-line" if size > width else "short-line"
        anomalies.append(Anomaly(code, (position,), f"{size} characters, where the columns take {width}"))
    return row
