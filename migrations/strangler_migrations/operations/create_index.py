"""`create_index`: built CONCURRENTLY: writers go on."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression, Name


class OperatorClass(Part):
    """An operator class with its parameters."""

    name: Name
    """Its name."""
    params: tuple[str, ...] = ()
    """Such as `siglen='32'`."""


class IndexColumn(Part):
    """A column of an index."""

    column: Name
    """The column."""
    collate: Name | None = None
    """Another collation than the column's."""
    sort: Literal["ASC", "DESC"] = "ASC"
    """Its order."""
    nulls: Literal["FIRST", "LAST"] | None = None
    """Where NULL stands."""
    opclass: OperatorClass | None = None
    """Another operator class than the type's."""


class CreateIndex(Part):
    """Make an index."""

    KIND: ClassVar = "create_index"

    name: Name
    """Its name."""
    table: Name
    """The table."""
    columns: tuple[IndexColumn, ...] = Field(min_length=1)
    """Its columns, in order."""
    unique: bool = False
    """No two rows share a value."""
    method: Literal["btree", "hash", "gist", "spgist", "gin", "brin"] = "btree"
    """How it is built."""
    predicate: Expression | None = None
    """Only rows for which this holds."""
    storage_parameters: str | None = None
    """Such as `fillfactor = 70`."""

    @field_validator("columns", mode="before")
    @classmethod
    def _columns(cls, value: object) -> object:
        """Names alone, or the mapping that earlier versions of the format had, are lists of columns, too."""
        if isinstance(value, dict):
            return [{"column": name, **(options or {})} for name, options in value.items()]
        if isinstance(value, list):
            return [{"column": item} if isinstance(item, str) else item for item in value]
        return value
