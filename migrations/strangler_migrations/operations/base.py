"""What the operations' models have in common: names that fit, SQL that is there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from strangler.config.base import Part
from strangler_migrations.sql.names import MAX_BYTES, OURS


def _name(value: str) -> str:
    if not value.strip():
        raise ValueError("a name is empty")
    if "\0" in value:
        raise ValueError("a name holds no NUL")
    if (size := len(value.encode())) > MAX_BYTES:
        raise ValueError(f"a name has at most {MAX_BYTES} bytes, this has {size}; PostgreSQL would cut it")
    if value.startswith(OURS):
        raise ValueError(f"names that begin with {OURS} are strangler's own")
    return value


def _sql(value: str) -> str:
    text = value.strip().removesuffix(";").rstrip()
    if not text:
        raise ValueError("an expression is empty; leave the key out, or write NULL")
    if "\0" in text:
        raise ValueError("SQL holds no NUL")
    return text


Name = Annotated[str, AfterValidator(_name)]
"""The name of a table, column, index or constraint, as it is in the database (no quotes)."""
Expression = Annotated[str, AfterValidator(_sql)]
"""SQL that gives one value, over the columns of one row; a `SELECT` of one value is one, too."""

type OnDelete = Literal["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]
type Match = Literal["SIMPLE", "FULL", "PARTIAL"]


class Check(Part):
    """A check constraint."""

    name: Name
    """Its name."""
    constraint: Expression
    """What must hold of every row."""
    no_inherit: bool = False
    """Not for tables that inherit from this one."""


class ForeignKeyOptions(Part):
    """What every foreign key may say."""

    on_delete: OnDelete = "NO ACTION"
    """What happens when the referenced row goes."""
    on_update: OnDelete = "NO ACTION"
    """What happens when its key changes."""
    match_type: Match = "SIMPLE"
    """How several columns of which some are NULL match."""
    deferrable: bool = False
    """May be checked at the end of a transaction."""
    initially_deferred: bool = False
    """Is, unless the transaction says otherwise."""


class References(ForeignKeyOptions):
    """A foreign key of one column."""

    name: Name
    """The constraint's name."""
    table: Name
    """The table it points into."""
    column: Name
    """The column there."""


class TableReferences(ForeignKeyOptions):
    """A foreign key of several columns."""

    table: Name
    """The table it points into."""
    columns: tuple[Name, ...]
    """The columns there, in the order of the constraint's."""
    on_delete_set_columns: tuple[Name, ...] = ()
    """With `SET NULL` or `SET DEFAULT`: only these."""


class Identity(Part):
    """A column numbered by a sequence of its own."""

    user_specified_values: Literal["ALWAYS", "BY DEFAULT"] = "ALWAYS"
    """`BY DEFAULT`: an insert may bring its own."""
    sequence_options: str = ""
    """Such as `START WITH 1000`."""


class Generated(Part):
    """A column that PostgreSQL computes."""

    expression: Expression | None = None
    """Stored, from the row's other columns."""
    identity: Identity | None = None
    """Numbered."""


class ColumnSpec(Part):
    """A column to be made."""

    name: Name
    """Its name."""
    type: Expression
    """Its type as SQL writes it."""
    pk: bool = False
    """Part of the primary key."""
    unique: bool = False
    """No two rows share a value."""
    nullable: bool = False
    """May be NULL."""
    default: Expression | None = None
    """SQL: a text needs its own quotes."""
    check: Check | None = None
    """A constraint on it."""
    references: References | None = None
    """A foreign key on it."""
    comment: str | None = None
    """Its comment."""
    generated: Generated | None = None
    """Computed or numbered by PostgreSQL."""


class FilledColumn(Part):
    """A column made of others."""

    name: Name
    """Its name."""
    type: Expression
    """Its type as SQL writes it."""
    nullable: bool = False
    """May be NULL."""
    default: Expression | None = None
    """SQL: a text needs its own quotes."""
    comment: str | None = None
    """Its comment."""
    up: Expression
    """Its value, from the columns of the old version."""


class UniqueSpec(Part):
    """A unique constraint on one column."""

    name: Name
    """Its name."""
    nulls_not_distinct: bool = False
    """NULL is a value like others (PostgreSQL 15 on)."""
    deferrable: bool = False
    """May be checked at the end of a transaction."""
    initially_deferred: bool = False
    """Is, unless the transaction says otherwise."""
