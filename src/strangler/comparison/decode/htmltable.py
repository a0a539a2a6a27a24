"""A table of a page as a list of rows, each a map from the columns' names.

The names are those of `<thead>`, or of a first row that has nothing but `<th>`; where there are several such rows, a
column's names are joined. A table without them names its columns by position: `"0"`, `"1"`; a
column that the names leave out is `#` and its number, as in CSV. `colspan` and `rowspan`
move what comes after them, so a cell stands under its own column.
"""

from __future__ import annotations

from typing import Final

from lxml import html

from strangler.comparison.decode.columns import beyond, distinct, no_cells
from strangler.comparison.decode.htmltext import lines_of
from strangler.comparison.model import Anomaly, Node, Path

_WIDEST: Final = 1_000
_LISTED: Final = 20
type _Row = dict[int, str]


def rows_of(table: html.HtmlElement, path: Path, anomalies: list[Anomaly]) -> Node:
    """The rows; a column name that stands twice becomes `name#2`, and an anomaly."""
    rows = list(table.iter("tr"))
    head = _head(rows)
    names = _names(_grid(rows[:head], spread=True), path, anomalies)
    taken = set(names.values())
    found: list[Node] = []
    bare = dict(names)
    for row in _grid(rows[head:], spread=False):
        cells: dict[str, Node] = {}
        for column, text in row.items():
            cells[names.get(column) or (beyond(column, taken) if head else str(column))] = text
            bare.pop(column, None)
        found.append(cells)
    if bare and len(anomalies) < _LISTED:
        anomalies.append(no_cells(path, list(bare.values())))
    return found


def cells_of(row: html.HtmlElement) -> list[html.HtmlElement]:
    """The cells of a row, also where a form or the like stands around them, as old pages have it."""
    return [
        cell
        for cell in row.iterdescendants("td", "th")
        if next(cell.iterancestors("tr", "td", "th"), None) is row
    ]


def _head(rows: list[html.HtmlElement]) -> int:
    """How many of the first rows hold names."""
    head = 0
    for row in rows:
        parent = row.getparent()
        if parent is None or parent.tag != "thead":
            break
        head += 1
    if head or not rows:
        return head
    cells = cells_of(rows[0])
    return 1 if cells and all(cell.tag == "th" for cell in cells) else 0


def _grid(rows: list[html.HtmlElement], *, spread: bool) -> list[_Row]:
    """Each row's texts by column. `spread`: a cell that spans several columns stands in each of them."""
    grid: list[_Row] = []
    last: dict[int, int] = {}  # by column, the last row that a cell from above reaches
    for at, row in enumerate(rows):
        texts: _Row = {}
        column = 0
        for cell in cells_of(row):
            while last.get(column, -1) >= at:
                column += 1
            text = "\n".join(lines_of(cell))
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            covered = range(column, min(column + width, max(_WIDEST, column + 1)))
            texts.update(dict.fromkeys(covered if spread else covered[:1], text))
            if height > 1:
                last.update(dict.fromkeys(covered, at + height - 1))
            column += width
        if texts:
            grid.append(texts)
    return grid


def _span(cell: html.HtmlElement, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), _WIDEST) if value.isascii() and value.isdecimal() and len(value) < 6 else 1


def _names(head: list[_Row], path: Path, anomalies: list[Anomaly]) -> dict[int, str]:
    columns = sorted({column for row in head for column in row})
    texts = [" ".join(dict.fromkeys(text for row in head if (text := row.get(at)))) for at in columns]
    odd: list[Anomaly] = []
    named = distinct([text for text in texts if text], path, odd)
    anomalies += odd[: max(0, _LISTED - len(anomalies))]
    return dict(zip([at for at, text in zip(columns, texts, strict=True) if text], named, strict=True))
