"""`alter_column`: a column in two forms, kept in step row by row."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from strangler.config.base import Part
from strangler_migrations.operations.base import Check, Expression, Name, References, UniqueSpec


class AlterColumn(Part):
    """Change a column: type, default, comment, NULL, constraints."""

    KIND: ClassVar = "alter_column"

    table: Name
    """The table."""
    column: Name
    """The column."""
    type: Expression | None = None
    """Its type in the new version."""
    nullable: bool | None = None
    """Whether it may be NULL in the new version."""
    default: Expression | None = None
    """Its default in the new version; `null`: none."""
    comment: str | None = None
    """Its comment; `null`: none."""
    check: Check | None = None
    """A check constraint to add."""
    references: References | None = None
    """A foreign key to add."""
    unique: UniqueSpec | None = None
    """A unique constraint to add."""
    up: Expression | None = None
    """The new form, from the columns of the old version."""
    down: Expression | None = None
    """The old form, from the columns of the new version."""

    @model_validator(mode="after")
    def _says_something(self) -> AlterColumn:
        if not self.model_fields_set - {"table", "column", "up", "down"}:
            raise ValueError(
                "nothing is to change: name type, nullable, default, comment, check, references or unique"
            )
        return self
