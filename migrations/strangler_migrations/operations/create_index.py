"""`create_index`: built CONCURRENTLY: writers go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from strangler.config.base import Part
from strangler_migrations.binding import indexed
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.sql.names import ident
from strangler_migrations.sql.tokens import renamed
from strangler_migrations.statement import Phase


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


def phases(operation: CreateIndex, draft: Draft) -> Change:
    """CONCURRENTLY, because a plain one takes SHARE: no writer passes while it is built. After a backfill, if any."""
    if draft.catalog.relation_of_index(operation.name):
        raise draft.wrong(
            f"there is an index `{operation.name}` already",
            "the grace time of one that was dropped ends with `drop`",
        )
    for each in operation.columns:
        draft.column(operation.table, each.column)
    shown = draft.visible(operation.table)
    rest = (
        f"USING {operation.method} ({', '.join(_element(each, shown.columns) for each in operation.columns)})"
    )
    rest += f" WITH ({operation.storage_parameters})" if operation.storage_parameters else ""
    if operation.predicate:
        rest += f" WHERE {renamed(operation.predicate, shown.columns, operation.table)}"
    index = indexed(draft, shown.table, operation.name, rest, unique=operation.unique)
    filled = any(table == shown.table for table, _ in draft.paired)
    return Change({Phase.VERIFY if filled else Phase.START: (index,)}, draft)


def _element(column: IndexColumn, names: Mapping[str, str]) -> str:
    parts = [ident(names[column.column])]
    parts += [f"COLLATE {ident(column.collate)}"] if column.collate else []
    if column.opclass:
        params = f" ({', '.join(column.opclass.params)})" if column.opclass.params else ""
        parts.append(ident(column.opclass.name) + params)
    parts += ["DESC"] if column.sort == "DESC" else []
    parts += [f"NULLS {column.nulls}"] if column.nulls else []
    return " ".join(parts)
