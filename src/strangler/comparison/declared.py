"""How the answers of a route are to be read, whatever their media type says: a family, or the layout of a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """`delimiter`: one character; None: found out. `columns`: their names where there is no header row."""

    delimiter: str | None = None
    header: bool = True
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedColumn:
    """Characters `first` to `last` of a line, counted from 1, both included."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FixedLayout:
    """Columns of fixed width, none over another."""

    columns: tuple[FixedColumn, ...]


@dataclass(frozen=True, slots=True)
class DeclaredFormat:
    """`family` names a decoder. `key`: the columns that name a row. `charset`: where the answer names none.

    It holds for answers with a status of 200 to 299: an error has a body of its own kind.
    """

    family: str
    layout: CsvLayout | FixedLayout | None = None
    key: tuple[str, ...] = ()
    charset: str = ""
