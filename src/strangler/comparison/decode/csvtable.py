"""CSV and TSV: a list of rows, each a map from the header row's names: `$[i].column`. Every value is text."""

from __future__ import annotations

import csv
import io
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.declared import CsvLayout
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.columns import beyond, distinct, no_cells
from strangler.comparison.decode.media import MediaType
from strangler.comparison.decode.rows import Rows
from strangler.comparison.model import Anomaly, Decoded, Node
from strangler.errors import DecodeError

_DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_LINES: Final = 20
_LISTED: Final = 20
_BARE: Final = CsvLayout()


def decode_csv(body: bytes, media: MediaType, context: Context) -> Decoded:
    """A table as a list of maps. Ragged rows and repeated column names are anomalies. Raises DecodeError.

    The delimiter is declared, or found out; without a header row columns have their declared names, else `#1`, `#2`.
    """
    declared = context.declared
    layout = declared.layout if declared is not None and isinstance(declared.layout, CsvLayout) else _BARE
    text, found = text_of(body, media, default="utf-8")
    anomalies = list(found)
    rows = _rows(text, layout.delimiter or _found_out(text, media, anomalies), media)
    if not rows:
        return Decoded([], media.name, tuple(anomalies))
    first = int(layout.header)
    names = _columns(rows[0], anomalies) if first else [*layout.columns] or _beyond([], len(rows[0]))
    if declared is not None and (lost := [name for name in declared.key if name not in names]):
        raise DecodeError(f"there is no column {lost[0]!r}, which is declared its key", media=media.name)
    widest = max((len(row) for row in rows[first:]), default=0)
    if first and widest < len(names):
        anomalies.append(no_cells((), names[widest:]))
    table: list[Node] = [_row(position, row, names, anomalies) for position, row in enumerate(rows[first:])]
    return Decoded(table, media.name, tuple(anomalies), Rows("row", 1 + first, len(table)))


def _found_out(text: str, media: MediaType, anomalies: list[Anomaly]) -> str:
    delimiter = "\t" if media.name == "text/tab-separated-values" else _sniffed(text)
    if delimiter != ",":
        anomalies.append(Anomaly("delimiter", (), f"columns are separated by {delimiter!r}"))
    return delimiter


def _rows(text: str, delimiter: str, media: MediaType) -> list[list[str]]:
    if "\0" in text:
        raise DecodeError("a NUL character in a table", media=media.name, at=text.index("\0"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [row for row in reader if row]
    except csv.Error as error:
        raise DecodeError(f"line {reader.line_num}: {error}", media=media.name) from None


def _columns(header: list[str], anomalies: list[Anomaly]) -> list[str]:
    return distinct([cell.strip() for cell in header], (), anomalies)


def _row(position: int, row: list[str], names: list[str], anomalies: list[Anomaly]) -> Node:
    if len(row) != len(names):
        if len(anomalies) < _LISTED:
            what = f"{len(row)} cells under {len(names)} columns"
            anomalies.append(Anomaly("ragged-row", (position,), what))
        names = [*names, *_beyond(names, len(row))]
    cells: dict[str, Node] = dict(zip(names, row, strict=False))
    return cells


def _beyond(names: list[str], width: int) -> list[str]:
    """Names for the cells that no column has a name for."""
    taken = set(names)
    return [beyond(column, taken) for column in range(len(names), width)]


def _sniffed(text: str) -> str:
    """The delimiter that cuts the first lines into the most columns, the same number in each."""
    sample = "\n".join(text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES])
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        try:
            widths = [
                len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row
            ]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=1)
        if widths and widths[0] == usual and usual > most:
            best, most = delimiter, usual
    return best
