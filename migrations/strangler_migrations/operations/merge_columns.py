"""`merge_columns`: one column in place of several."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from strangler.config.base import Part
from strangler_migrations import recast
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, FilledColumn, Name


class MergedColumn(Part):
    """A column that goes."""

    name: Name
    """Its name."""
    down: Expression
    """Its value, from the columns of the new version."""


class MergeColumns(Part):
    """Put one column in place of several."""

    KIND: ClassVar = "merge_columns"

    table: Name
    """The table."""
    columns: tuple[MergedColumn, ...] = Field(min_length=2)
    """The columns that are merged."""
    into: FilledColumn
    """The column in their place."""

    @model_validator(mode="after")
    def _once(self) -> MergeColumns:
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("a column is named twice")
        return self


def phases(operation: MergeColumns, draft: Draft) -> Change:
    """The whole beside the parts, both kept in step, until the parts are dropped."""
    downs = {column.name: column.down for column in operation.columns}
    return recast.given(draft, operation.table, downs, (operation.into,))
