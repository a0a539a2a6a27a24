"""`decode` of a route: how its answers are to be read, whatever their media type says."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from strangler.comparison.declared import CsvLayout, DeclaredFormat, FixedColumn, FixedLayout
from strangler.config.base import ONE_OR_MORE, Part
from strangler.errors import DecodeError

_RANGE: Final = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")
_NO_DELIMITERS: Final = '"\r\n\0'


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _delimiter(value: str) -> str:
    if len(value) != 1 or value in _NO_DELIMITERS:
        raise ValueError('not one character that could separate columns; a tab is written "\\t"')
    return value


def _place(value: object) -> object:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a place in a line; write its first and last character, such as 3-12")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last:
        raise ValueError("characters are counted from 1, and a column has one at least: 3-12")
    return f"{first}-{last}"


def _charset(value: str) -> str:
    from strangler.comparison.decode.charset import text_of
    from strangler.comparison.decode.media import MediaType

    try:
        text_of(b"", MediaType(charset=value.lower()), default="")
    except DecodeError as error:
        raise ValueError(f"{error.what}; such as utf-8, latin-1, cp1252, cp037") from None
    return value.lower()


Columns = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1), ONE_OR_MORE]
"""The name of a column, or several."""

Characters = Annotated[
    str,
    BeforeValidator(_place),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^\d+(\s*-\s*\d+)?$"}, {"type": "integer", "minimum": 1}]}
    ),
]
"""First and last character of a column, counted from 1, both included: `3-12`, or `7` for one."""

Charset = Annotated[str, AfterValidator(_charset)]
"""A charset as Python knows it."""


def _known(key: tuple[str, ...] | None, columns: object) -> None:
    """Raises ValueError on a key that is none of the declared columns."""
    names = tuple(columns) if isinstance(columns, dict | tuple) else ()
    for name in key or ():
        if names and name not in names:
            raise ValueError(f"there is no column `{name}`; there are: {', '.join(names)}")


class Csv(Part):
    """A table whose columns are separated by a character."""

    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    """The character between columns. Absent: found out, and said where it is no comma."""
    header: bool = True
    """Whether the first row names the columns."""
    columns: Columns | None = None
    """With `header: false`: the names of the columns. Absent: `#1`, `#2`, …"""
    key: Columns | None = None
    """The columns that name a row: rows are paired by them."""
    charset: Charset | None = None
    """The charset where the answer names none. Absent: utf-8."""

    @field_validator("columns")
    @classmethod
    def _once_each(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if value is not None and info.data.get("header", True):
            raise ValueError("the header row names the columns; where there is none, say `header: false`")
        for position, name in enumerate(value or ()):
            if name in (value or ())[:position]:
                raise ValueError(f"the column `{name}` stands twice")
        return value

    @field_validator("key")
    @classmethod
    def _of_columns(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        _known(value, info.data.get("columns"))
        return value

    def declared(self) -> DeclaredFormat:
        """For the comparison."""
        layout = CsvLayout(self.delimiter, self.header, self.columns or ())
        return DeclaredFormat("csv", layout, self.key or (), self.charset or "")


class Fixed(Part):
    """Lines whose columns have a fixed place."""

    columns: Annotated[dict[str, Characters], Field(min_length=1)]
    """Name to place: first and last character, counted from 1, both included."""
    key: Columns | None = None
    """The columns that name a row: rows are paired by them."""
    charset: Charset | None = None
    """The charset where the answer names none. Absent: utf-8."""

    @field_validator("columns")
    @classmethod
    def _apart(cls, value: dict[str, str]) -> dict[str, str]:
        places = sorted(_columns(value), key=lambda each: each.first)
        for one, other in pairwise(places):
            if other.first <= one.last:
                what = f"{one.first}-{one.last}, {other.first}-{other.last}"
                raise ValueError(f"the columns `{one.name}` and `{other.name}` lie over each other ({what})")
        for name in value:
            if name.startswith("#"):
                raise ValueError(f"`{name}`: names with # are those of characters in no column")
        return value

    @field_validator("key")
    @classmethod
    def _of_columns(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        _known(value, info.data.get("columns"))
        return value

    def declared(self) -> DeclaredFormat:
        """For the comparison."""
        layout = FixedLayout(tuple(_columns(self.columns)))
        return DeclaredFormat("fixed", layout, self.key or (), self.charset or "")


def _columns(columns: dict[str, str]) -> list[FixedColumn]:
    return [FixedColumn(name, *(int(end) for end in place.split("-"))) for name, place in columns.items()]


def _format(value: str) -> str:
    from strangler.comparison.decode.entry import FAMILIES

    names = [name for name in FAMILIES if name != "fixed"]
    if value in names:
        return value
    from strangler.comparison.decode.plugins import plugged_in

    others = sorted(name for name in plugged_in() if name not in FAMILIES)
    if value not in others:
        known = ", ".join([*names, *others])
        raise ValueError(
            f"no format that is installed here; one of {known}, or `csv:` or `fixed:` with their columns"
        )
    return value


class Decode(Part):
    """How the answers of a route are to be read. Exactly one of the three; `decode: json` says `format: json`."""

    format: Annotated[str, AfterValidator(_format)] | None = None
    """A format, whatever the media type says; also the name of a decoder that another distribution brings."""
    csv: Csv | None = None
    """A table whose columns are separated by a character."""
    fixed: Fixed | None = None
    """A table whose columns have a fixed place in each line."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"format": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.format, self.csv, self.fixed)) != 1:
            raise ValueError("give exactly one of `format`, `csv`, `fixed`")
        return self

    def declared(self) -> DeclaredFormat:
        """For the comparison."""
        table = self.csv or self.fixed
        return table.declared() if table is not None else DeclaredFormat(self.format or "")
