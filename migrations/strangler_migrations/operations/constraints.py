"""Constraints over several columns, as `create_table` and `create_constraint` write them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from strangler.config.base import Part
from strangler_migrations.operations.base import Expression, Name, TableReferences


class IndexParameters(Part):
    """How the index below a unique constraint is built."""

    tablespace: Name | None = None
    """Where."""
    storage_parameters: str | None = None
    """Such as `fillfactor = 70`."""
    include_columns: tuple[Name, ...] = ()
    """Columns that are in it and not in the constraint."""


class Exclude(Part):
    """What an exclusion constraint compares."""

    index_method: Name = "gist"
    """The index that finds it."""
    elements: Expression
    """Such as `room WITH =, during WITH &&`."""
    predicate: Expression | None = None
    """Only rows for which this holds."""


class Constraint(Part):
    """A constraint over columns of one table."""

    name: Name
    """Its name."""
    type: Literal["unique", "check", "primary_key", "foreign_key", "exclude"]
    """Its kind."""
    columns: tuple[Name, ...] = ()
    """The columns it binds."""
    check: Expression | None = None
    """Of a check: what must hold."""
    references: TableReferences | None = None
    """Of a foreign key: where it points."""
    no_inherit: bool = False
    """Of a check: not for tables that inherit."""
    deferrable: bool = False
    """May be checked at the end of a transaction."""
    initially_deferred: bool = False
    """Is, unless the transaction says otherwise."""
    nulls_not_distinct: bool = False
    """Of a unique one: NULL is a value like others (PostgreSQL 15 on)."""
    index_parameters: IndexParameters = Field(default_factory=IndexParameters)
    """Of a unique one: how its index is built."""
    exclude: Exclude | None = None
    """Of an exclusion: what it compares."""

    @model_validator(mode="after")
    def _complete(self) -> Constraint:
        needed = {"check": "check", "foreign_key": "references", "exclude": "exclude"}.get(self.type)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"a constraint of type {self.type} needs `{needed}`")
        if self.type in {"unique", "primary_key", "foreign_key"} and not self.columns:
            raise ValueError(f"a constraint of type {self.type} needs `columns`")
        if self.references and len(self.references.columns) != len(self.columns):
            raise ValueError("a foreign key has as many columns here as there")
        return self
